//! Deadlines, at most one a task, as an indexed binary heap: arming, disarming and finding
//! the next one cost a logarithm of the number of tasks.

use crate::index::Table;

/// Not in the heap.
const NOWHERE: u8 = u8::MAX;

/// A heap of deadlines.
pub(crate) struct Deadlines<const T: usize> {
    /// When, by task.
    at: Table<u64, T>,
    /// Where a task is in `heap`.
    position: Table<u8, T>,
    /// Tasks; the children of `i` are `2i + 1` and `2i + 2`.
    heap: Table<u8, T>,
    length: usize,
}

impl<const T: usize> Deadlines<T> {
    /// None armed.
    pub(crate) const fn new() -> Self {
        Self {
            at: Table([0; T]),
            position: Table([NOWHERE; T]),
            heap: Table([0; T]),
            length: 0,
        }
    }

    /// The earliest deadline and whose it is.
    pub(crate) fn first(&self) -> Option<(u64, usize)> {
        if self.length == 0 {
            return None;
        }
        let task = self.heap[0] as usize;
        Some((self.at[task], task))
    }

    /// Arm, or move, a task's deadline.
    pub(crate) fn set(&mut self, task: usize, at: u64) {
        let position = self.position[task];
        if position == NOWHERE {
            let last = self.length;
            self.length = last + 1;
            self.at[task] = at;
            self.sift_up(last, task);
        } else {
            self.at[task] = at;
            self.sift(position as usize, task);
        }
    }

    /// Disarm a task's deadline, if it is armed.
    pub(crate) fn clear(&mut self, task: usize) {
        let position = self.position[task];
        if position == NOWHERE {
            return;
        }
        self.position[task] = NOWHERE;
        self.length -= 1;
        if (position as usize) < self.length {
            let last = self.heap[self.length] as usize;
            self.sift(position as usize, last);
        }
    }

    /// Put a task where its deadline belongs, seen from a place that is free for it.
    #[inline(never)]
    fn sift(&mut self, position: usize, task: usize) {
        let position = self.sift_up(position, task);
        self.sift_down(position, task);
    }

    fn place(&mut self, position: usize, task: usize) {
        self.heap[position] = task as u8;
        self.position[task] = position as u8;
    }

    #[inline(always)]
    fn sift_up(&mut self, mut position: usize, task: usize) -> usize {
        let at = self.at[task];
        while position > 0 {
            let parent = (position - 1) / 2;
            let above = self.heap[parent] as usize;
            if self.at[above] <= at {
                break;
            }
            self.place(position, above);
            position = parent;
        }
        self.place(position, task);
        position
    }

    fn sift_down(&mut self, mut position: usize, task: usize) {
        loop {
            let left = 2 * position + 1;
            if left >= self.length {
                break;
            }
            let right = left + 1;
            let child = if right < self.length
                && self.at[self.heap[right] as usize] < self.at[self.heap[left] as usize]
            {
                right
            } else {
                left
            };
            let below = self.heap[child] as usize;
            if self.at[task] <= self.at[below] {
                break;
            }
            self.place(position, below);
            position = child;
        }
        self.place(position, task);
    }
}
