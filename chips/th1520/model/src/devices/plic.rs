//! The interrupt controller of T-Head's C900 cores.
//! Source: openC910 RTL, C910_RTL_FACTORY/gen_rtl/plic/rtl: plic_int_kid.v (a source), plic_hreg_busif.v (claim and
//! completion), plic_arb_ctrl.v (the arbiter), plic_ctrl.v (delegation). The registers' places: RISC-V PLIC 1.0.
//!
//! An arbiter fills the claim registers, and takes its time. A claim and a completion have it begin anew, and so does a
//! claim that gave nothing: who asks again and again at once never gets a line. Where it finds none, a claim register
//! keeps what it showed.

use crate::board::{Access, Refused};
use crate::cpu::Mode;
use crate::violation::Rule;

/// Sources have numbers below this.
const SOURCES: usize = 1024;
/// Where the register of delegation lies: bit 0 lets supervisor mode reach priorities, pending and enable bits.
const CONTROL: u64 = 0x1f_fffc;
const PENDING: u64 = 0x1000;
const ENABLE: u64 = 0x2000;
const CONTEXT: u64 = 0x20_0000;

/// How this controller is built and set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Lines, with line 0, which is none.
    pub lines: usize,
    /// Supervisor mode reaches everything from the start.
    pub delegated: bool,
    /// How many nanoseconds the arbiter takes at most; 0 is a controller without one, whose claims are always right.
    pub claim_delay: u64,
    /// User mode reaches it, as QEMU's.
    pub for_users: bool,
}

/// Accesses in which the arbiter comes to its end too, however long they take: it needs 12 clocks for 256 lines (8
/// rounds of 32, and 4 around them), and an access takes 2 at least.
const ACCESSES: u32 = 6;

/// One source.
#[derive(Clone, Copy, Debug, Default)]
struct Source {
    priority: u32,
    level: bool,
    pending: bool,
    /// It was claimed and not completed.
    active: bool,
}

/// One mode of one hart.
#[derive(Clone, Debug)]
struct Context {
    enabled: [u32; SOURCES / 32],
    threshold: u32,
    /// The claim register, where an arbiter fills it.
    shown: u32,
    /// The priority of the line for which the output is on, where there is an arbiter.
    output: Option<u32>,
}

/// The arbiter at work.
#[derive(Clone, Copy, Debug)]
struct Arbitration {
    ends: u64,
    accesses: u32,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Plic {
    options: Options,
    sources: Vec<Source>,
    contexts: Vec<Context>,
    delegated: bool,
    arbitration: Option<Arbitration>,
    /// A line rose, and the arbiter has not begun.
    rose: bool,
}

/// What an access did besides.
pub type Reported<T> = Result<(T, Option<Rule>), (Refused, Rule)>;

impl Plic {
    /// A controller after reset, with two contexts, for machine and supervisor mode of one hart.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let context = Context {
            enabled: [0; SOURCES / 32],
            threshold: 0,
            shown: 0,
            output: None,
        };
        Self {
            options,
            sources: vec![Source::default(); options.lines],
            contexts: vec![context; 2],
            delegated: options.delegated,
            arbitration: None,
            rose: false,
        }
    }

    /// A line's level. A source that is not active is pending from a rise on; an active one is looked at again when it
    /// is completed.
    pub fn set_level(&mut self, line: usize, level: bool) {
        let source = &mut self.sources[line];
        if level && !source.level {
            source.pending |= !source.active;
            self.rose = true;
        }
        source.level = level;
    }

    /// Lets the arbiter work.
    pub fn advance(&mut self, now: u64) {
        if self.arbitration.is_some_and(|at_work| at_work.ends <= now) {
            self.decide();
        }
        if std::mem::take(&mut self.rose) {
            self.arbitrate(now);
        }
    }

    /// When the arbiter comes to its end.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.arbitration.map(|at_work| at_work.ends)
    }

    /// The arbiter begins, or begins anew.
    fn arbitrate(&mut self, now: u64) {
        if self.options.claim_delay > 0 {
            self.arbitration = Some(Arbitration {
                ends: now + self.options.claim_delay,
                accesses: 0,
            });
        }
    }

    /// An access that leaves the arbiter at work.
    fn accessed(&mut self) {
        if let Some(at_work) = &mut self.arbitration {
            at_work.accesses += 1;
            if at_work.accesses >= ACCESSES {
                self.decide();
            }
        }
    }

    /// The arbiter has come to its end. A line that machine mode has enabled goes before all others, and to it alone.
    fn decide(&mut self) {
        self.arbitration = None;
        let machines = |line: usize| self.is_enabled(0, line);
        let rank = |line: &usize| {
            let priority = self.sources[*line].priority;
            (machines(*line), priority, usize::MAX - line)
        };
        let winner = (1..self.sources.len())
            .filter(|line| self.could_win(0, *line) || self.could_win(1, *line))
            .max_by_key(rank);
        let to = winner.map(|line| usize::from(!machines(line)));
        for (context, state) in self.contexts.iter_mut().enumerate() {
            state.output = None;
            let Some(line) = winner else { continue };
            let priority = self.sources[line].priority;
            let has_it = to == Some(context);
            state.shown = if has_it { line as u32 } else { 0 };
            state.output = (has_it && priority > state.threshold).then_some(priority);
        }
    }

    /// Whether a context's output is on: 0 is machine mode's, 1 supervisor mode's.
    #[must_use]
    pub fn output(&self, context: usize) -> bool {
        let Context {
            threshold, output, ..
        } = self.contexts[context];
        if self.options.claim_delay > 0 {
            return output.is_some_and(|priority| priority > threshold);
        }
        self.winner(context)
            .is_some_and(|line| self.sources[line].priority > threshold)
    }

    /// Whether a line was claimed and never completed with effect.
    #[must_use]
    pub fn is_active(&self, line: usize) -> bool {
        self.sources[line].active
    }

    /// The pending source of the highest priority, and of these the lowest number, whatever the threshold.
    fn winner(&self, context: usize) -> Option<usize> {
        let best = |line: &usize| (self.sources[*line].priority, usize::MAX - line);
        (1..self.sources.len())
            .filter(|line| self.could_win(context, *line))
            .max_by_key(best)
    }

    fn could_win(&self, context: usize, line: usize) -> bool {
        let source = &self.sources[line];
        source.pending && !source.active && source.priority > 0 && self.is_enabled(context, line)
    }

    fn is_enabled(&self, context: usize, line: usize) -> bool {
        self.contexts[context].enabled[line / 32] >> (line % 32) & 1 != 0
    }

    /// Reads a register.
    ///
    /// # Errors
    /// What the bus answers with an error, and the rule that was broken.
    pub fn read(&mut self, offset: u64, access: &Access) -> Reported<u64> {
        self.check(offset, access)?;
        self.advance(access.now);
        if !matches!(place(offset), Register::Claim(_)) {
            self.accessed();
        }
        let value = match place(offset) {
            Register::Priority(line) => self.sources.get(line).map_or(0, |source| source.priority),
            Register::Pending(word) => self.word(word, |source| source.pending),
            Register::Enable(context, word) => self.context(context)?.enabled[word],
            Register::Threshold(context) => self.context(context)?.threshold,
            Register::Claim(context) => {
                self.context(context)?;
                self.claim(context, access.now)
            }
            Register::Control => u32::from(self.delegated),
            Register::Nowhere => return Err((Refused::Error, Rule::NothingThere)),
        };
        Ok((u64::from(value), None))
    }

    /// Writes a register.
    ///
    /// # Errors
    /// What the bus answers with an error, and the rule that was broken.
    pub fn write(&mut self, offset: u64, value: u64, access: &Access) -> Reported<()> {
        self.check(offset, access)?;
        self.advance(access.now);
        let value = value as u32;
        let place = place(offset);
        if let Register::Enable(context, _)
        | Register::Threshold(context)
        | Register::Claim(context) = place
        {
            self.context(context)?;
        }
        if let Register::Claim(context) = place {
            let rule = self.complete(context, value as usize);
            self.arbitrate(access.now);
            return Ok(((), rule));
        }
        self.arbitrate(access.now);
        match place {
            // 5 bits of priority and threshold.
            Register::Priority(line) => {
                if let Some(source) = self.sources.get_mut(line).filter(|_| line > 0) {
                    source.priority = value & 31;
                }
            }
            Register::Pending(word) => {
                let lines = self.sources.iter_mut().enumerate().skip(word * 32).take(32);
                for (line, source) in lines.filter(|(line, _)| *line > 0) {
                    source.pending = value >> (line % 32) & 1 != 0;
                }
            }
            Register::Enable(context, word) => {
                let there = self.word(word, |_| true) & !u32::from(word == 0);
                self.contexts[context].enabled[word] = value & there;
            }
            Register::Threshold(context) => self.contexts[context].threshold = value & 31,
            Register::Control => self.delegated = value & 1 != 0,
            Register::Claim(_) => {}
            Register::Nowhere => return Err((Refused::Error, Rule::NothingThere)),
        }
        Ok(((), None))
    }

    fn check(&self, offset: u64, access: &Access) -> Result<(), (Refused, Rule)> {
        if access.width != 4 {
            return Err((Refused::Error, Rule::Width));
        }
        let shared = offset < CONTEXT;
        let allowed = match access.mode {
            Mode::Machine => true,
            Mode::Supervisor => offset != CONTROL && (!shared || self.delegated),
            Mode::User => self.options.for_users,
        };
        if allowed {
            Ok(())
        } else {
            Err((Refused::Error, Rule::Privilege))
        }
    }

    fn context(&self, context: usize) -> Result<&Context, (Refused, Rule)> {
        self.contexts
            .get(context)
            .ok_or((Refused::Error, Rule::NothingThere))
    }

    fn word(&self, word: usize, bit: impl Fn(&Source) -> bool) -> u32 {
        let lines = self.sources.iter().enumerate().skip(word * 32).take(32);
        lines
            .filter(|(_, source)| bit(source))
            .map(|(line, _)| 1 << (line % 32))
            .sum()
    }

    fn claim(&mut self, context: usize, now: u64) -> u32 {
        let line = if self.options.claim_delay > 0 {
            let shown = std::mem::take(&mut self.contexts[context].shown);
            for other in &mut self.contexts {
                if other.shown == shown {
                    other.shown = 0;
                }
            }
            self.contexts[context].output = None;
            self.arbitrate(now);
            shown
        } else {
            self.winner(context).unwrap_or(0) as u32
        };
        // A line that was shown and is off by now is not claimed.
        if line != 0 && self.is_enabled(context, line as usize) {
            let source = &mut self.sources[line as usize];
            source.pending = false;
            source.active = true;
        }
        line
    }

    fn complete(&mut self, context: usize, line: usize) -> Option<Rule> {
        if line == 0 || line >= self.sources.len() {
            return None;
        }
        let enabled = self.is_enabled(context, line);
        let source = &mut self.sources[line];
        if !enabled {
            return source.active.then_some(Rule::CompletionWhileDisabled);
        }
        source.active = false;
        if source.level {
            source.pending = true;
        }
        None
    }
}

/// What lies at an offset.
#[derive(Clone, Copy)]
enum Register {
    Priority(usize),
    Pending(usize),
    Enable(usize, usize),
    Threshold(usize),
    Claim(usize),
    Control,
    Nowhere,
}

fn place(offset: u64) -> Register {
    let word = (offset & 0x7f) as usize / 4;
    match offset {
        CONTROL => Register::Control,
        0..PENDING => Register::Priority(offset as usize / 4),
        PENDING..0x1080 => Register::Pending(word),
        ENABLE..CONTEXT => Register::Enable((offset - ENABLE) as usize / 0x80, word),
        CONTEXT.. => {
            let context = (offset - CONTEXT) as usize / 0x1000;
            match offset & 0xfff {
                0 => Register::Threshold(context),
                4 => Register::Claim(context),
                _ => Register::Nowhere,
            }
        }
        _ => Register::Nowhere,
    }
}
