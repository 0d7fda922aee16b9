//! Model of `Revocable` under every interleaving and memory order that loom explores.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p for-lt --test loom`
#![cfg(loom)]

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering::SeqCst};

use for_lt::Revocable;
use for_lt::revocable::Status;
use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

/// loom reports an access to `content` that is not ordered with its drop, before or after.
struct Payload {
    content: UnsafeCell<u32>,
    drops: StdArc<StdAtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

// SAFETY: only `drop` writes to `content`; loom checks that nothing else happens then.
unsafe impl Sync for Payload {}

impl Drop for Payload {
    fn drop(&mut self) {
        // SAFETY: exclusive, as loom checks.
        self.content.with_mut(|content| unsafe { *content = 0 });
        self.dropped.store(1, Relaxed);
        self.drops.fetch_add(1, SeqCst);
    }
}

struct Setup {
    shared: Arc<Revocable<Payload>>,
    drops: StdArc<StdAtomicUsize>,
    /// Set, without any ordering, by the payload's drop.
    dropped: Arc<AtomicUsize>,
}

impl Setup {
    fn new() -> Self {
        let drops = StdArc::new(StdAtomicUsize::new(0));
        let dropped = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Revocable::new(Payload {
            content: UnsafeCell::new(7),
            drops: drops.clone(),
            dropped: dropped.clone(),
        }));
        Self {
            shared,
            drops,
            dropped,
        }
    }

    fn check_gone(&self) {
        assert_eq!(self.shared.status(), Status::Gone);
        assert_eq!(self.drops.load(SeqCst), 1);
    }

    fn check_dropped_once(self) {
        self.check_gone();
        drop(self.shared);
        assert_eq!(self.drops.load(SeqCst), 1, "not again with the Revocable");
    }
}

/// Uses the payload if it can. Returns whether it could.
fn use_once(shared: &Revocable<Payload>) -> bool {
    let Some(guard) = shared.try_access() else {
        return false;
    };
    // SAFETY: the guard keeps the payload from being dropped, as loom checks.
    guard
        .content
        .with(|content| assert_eq!(unsafe { *content }, 7));
    true
}

fn spawn_user(setup: &Setup) -> thread::JoinHandle<bool> {
    let shared = setup.shared.clone();
    thread::spawn(move || use_once(&shared))
}

fn users_and_a_revoker(users: usize) {
    let setup = Setup::new();
    let users: Vec<_> = (0..users).map(|_| spawn_user(&setup)).collect();
    assert!(setup.shared.revoke());
    assert!(
        !use_once(&setup.shared),
        "no access once revoke has returned"
    );
    for user in users {
        user.join().unwrap();
    }
    setup.check_dropped_once();
}

#[test]
fn two_users_and_a_revoker() {
    loom::model(|| users_and_a_revoker(2));
}

#[test]
fn three_users_and_a_revoker_bounded() {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| users_and_a_revoker(3));
}

#[test]
fn one_of_two_revokers_wins() {
    loom::model(|| {
        let setup = Setup::new();
        let user = spawn_user(&setup);
        let shared = setup.shared.clone();
        let other = thread::spawn(move || shared.revoke());
        let won = setup.shared.revoke();
        assert_ne!(won, other.join().unwrap());
        user.join().unwrap();
        setup.check_dropped_once();
    });
}

/// The revoker holds a guard itself, as one that interrupts a user on the same hart.
#[test]
fn revoked_above_a_guard() {
    loom::model(|| {
        let setup = Setup::new();
        let user = spawn_user(&setup);
        let guard = setup.shared.try_access().unwrap();
        assert!(setup.shared.revoke());
        assert_eq!(setup.shared.status(), Status::Draining);
        // SAFETY: the guard keeps the payload from being dropped, as loom checks.
        guard
            .content
            .with(|content| assert_eq!(unsafe { *content }, 7));
        drop(guard);
        user.join().unwrap();
        setup.check_dropped_once();
    });
}

/// One thread nests a second guard in the first, and the second may be refused.
#[test]
fn nested_guards() {
    loom::model(|| {
        let setup = Setup::new();
        let shared = setup.shared.clone();
        let user = thread::spawn(move || {
            if let Some(outer) = shared.try_access() {
                use_once(&shared);
                // SAFETY: the guard keeps the payload from being dropped, as loom checks.
                outer
                    .content
                    .with(|content| assert_eq!(unsafe { *content }, 7));
            }
        });
        let other = spawn_user(&setup);
        assert!(setup.shared.revoke());
        user.join().unwrap();
        other.join().unwrap();
        setup.check_dropped_once();
    });
}

/// Whoever is refused sees what the revoker did before; whoever sees `Gone` sees the drop.
#[test]
fn refusal_and_gone_are_ordered() {
    loom::model(|| {
        let setup = Setup::new();
        let written = Arc::new(AtomicUsize::new(0));
        let observer = {
            let (shared, written) = (setup.shared.clone(), written.clone());
            let dropped = setup.dropped.clone();
            thread::spawn(move || {
                if !use_once(&shared) {
                    assert_eq!(written.load(Relaxed), 1);
                }
                if shared.status() == Status::Gone {
                    assert_eq!(dropped.load(Relaxed), 1);
                }
            })
        };
        let user = spawn_user(&setup);
        written.store(1, Relaxed);
        assert!(setup.shared.revoke());
        observer.join().unwrap();
        user.join().unwrap();
        setup.check_dropped_once();
    });
}
