//! The interrupt controller of T-Head's C900 cores.
//! Source: openC910 RTL, C910_RTL_FACTORY/gen_rtl/plic/rtl: plic_int_kid.v (a source), plic_hreg_busif.v (claim and
//! completion), plic_arb_ctrl.v (the claim register), plic_ctrl.v (delegation). The registers' places: RISC-V PLIC 1.0.

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
    /// For how many nanoseconds the claim register keeps its old value after a write to the other registers.
    pub claim_delay: u64,
}

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
    /// What the claim register keeps showing, and until when.
    late: Option<(u32, u64)>,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Plic {
    options: Options,
    sources: Vec<Source>,
    contexts: Vec<Context>,
    delegated: bool,
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
            late: None,
        };
        Self {
            options,
            sources: vec![Source::default(); options.lines],
            contexts: vec![context; 2],
            delegated: options.delegated,
        }
    }

    /// A line's level. A source that is not active is pending from a rise on; an active one is looked at again when it
    /// is completed.
    pub fn set_level(&mut self, line: usize, level: bool) {
        let source = &mut self.sources[line];
        if level && !source.level && !source.active {
            source.pending = true;
        }
        source.level = level;
    }

    /// Whether a context's output is on: 0 is machine mode's, 1 supervisor mode's.
    #[must_use]
    pub fn output(&self, context: usize) -> bool {
        let threshold = self.contexts[context].threshold;
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
        source.pending && source.priority > 0 && self.is_enabled(context, line)
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
        let value = value as u32;
        let place = place(offset);
        if let Register::Enable(context, _)
        | Register::Threshold(context)
        | Register::Claim(context) = place
        {
            self.context(context)?;
        }
        if let Register::Claim(context) = place {
            return Ok(((), self.complete(context, value as usize)));
        }
        self.keep_claims(access.now);
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
            Mode::User => self.options.delegated,
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

    /// The claim register is filled by an arbiter that takes some clocks: it shows the old winner for a while.
    fn keep_claims(&mut self, now: u64) {
        if self.options.claim_delay == 0 {
            return;
        }
        for context in 0..self.contexts.len() {
            let shown = match self.contexts[context].late {
                Some((line, until)) if now < until => line,
                _ => self.winner(context).unwrap_or(0) as u32,
            };
            self.contexts[context].late = Some((shown, now + self.options.claim_delay));
        }
    }

    fn claim(&mut self, context: usize, now: u64) -> u32 {
        let shown = match self.contexts[context].late.take() {
            Some((line, until)) if now < until => line,
            _ => self.winner(context).unwrap_or(0) as u32,
        };
        // A line that was shown but cannot win any more is not claimed.
        if shown != 0 && self.could_win(context, shown as usize) {
            let source = &mut self.sources[shown as usize];
            source.pending = false;
            source.active = true;
        }
        shown
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
