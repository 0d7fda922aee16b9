//! The TH1520 on a Lichee Pi 4A, as the firmware hands it to the kernel.

mod map;

use super::{Access, Board, Bus, Refused, Stop};
use crate::clock::Alarm;
use crate::cpu::{Rules, interrupt};
use crate::devices::clint::Clint;
use crate::devices::control::Control;
use crate::devices::dmac::Dmac;
use crate::devices::gpio::Gpio;
use crate::devices::i2c::{Expander, I2c};
use crate::devices::pads::Pads;
use crate::devices::plic::{self, Plic};
use crate::devices::pvt::Pvt;
use crate::devices::pwm::Channel;
use crate::devices::timer::Timer;
use crate::devices::uart::{Line, Uart};
use crate::devices::watchdog::Watchdog;
use crate::lockstep::random::Random;
use crate::memory::Memory;
use crate::violation::{Rule, Violation};
pub use map::Pad;
use map::{Block, MappedBlock, line};

/// What an access to a block does whose clock is off or that is held in reset. Not known of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The bus answers with an error.
    Errs,
    /// Nothing answers, and the hart hangs.
    Hangs,
}

/// What is open about the board, or what a test wants to be hard.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of DRAM from address 0.
    pub memory: u64,
    /// Page attributes (MAEE) are on, as both SPLs leave them.
    pub attributes: bool,
    /// Firmware delegated the PLIC to supervisor mode.
    pub plic_delegated: bool,
    /// Nanoseconds that the PLIC's arbiter takes, after which its claim register is right.
    pub claim_delay: u64,
    /// What a closed block does.
    pub closed: Closed,
    /// All gates are on and nothing is in reset.
    pub open: bool,
    /// Counts of the PWM in a second: 24 or 62.5 million by the sources.
    pub pwm_rate: u64,
    /// Counts of the watchdog in a second: 125 million by the vendor's sources.
    pub watchdog_rate: u64,
    /// Caches write back dirty lines at random, about every so many nanoseconds.
    pub early_write_back: Option<u64>,
    /// What random choices depend on.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: 8 << 30,
            attributes: true,
            plic_delegated: true,
            claim_delay: 100,
            closed: Closed::Errs,
            open: false,
            pwm_rate: 24_000_000,
            watchdog_rate: 125_000_000,
            early_write_back: None,
            seed: 1,
        }
    }
}

/// A change of a pad that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The pad.
    pub pad: Pad,
    /// Its level from now on; nothing drives it where there is none.
    pub level: Option<bool>,
    /// The time in nanoseconds.
    pub now: u64,
}

/// The board.
#[derive(Clone, Debug)]
pub struct Th1520 {
    options: Options,
    plic: Plic,
    clint: Clint,
    uart: Uart,
    gpio: [Gpio; 4],
    /// The controllers; tests reach their expanders.
    pub i2c: [I2c; 5],
    pwm: [Channel; 6],
    /// Group 3, group 2.
    pads: [Pads; 2],
    watchdogs: [Watchdog; 2],
    timers: [Timer; 4],
    dmac: Dmac,
    control: Control,
    /// The temperature sensor.
    pub pvt: Pvt,
    timer: Alarm,
    random: Random,
    write_back_at: Option<u64>,
    driven: Vec<(Pad, bool)>,
    /// Pads that drive others by a wire.
    wires: Vec<(Pad, Pad)>,
    watched: Vec<(Pad, Option<bool>)>,
    edges: Vec<Edge>,
    /// Temperatures to come, and when, in the order of time.
    heat: Vec<(u64, i64)>,
    violations: Vec<Violation>,
}

impl Th1520 {
    /// The board as the firmware leaves it.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let plic = plic::Options {
            lines: 241,
            delegated: options.plic_delegated,
            claim_delay: options.claim_delay,
            for_users: false,
        };
        let mut board = Self {
            options,
            plic: Plic::new(plic),
            clint: Clint::new(Rules::c910().ticks_per_second),
            uart: firmware_uart(),
            gpio: Default::default(),
            i2c: std::array::from_fn(i2c),
            pwm: std::array::from_fn(|_| Channel::new(options.pwm_rate)),
            pads: Default::default(),
            watchdogs: std::array::from_fn(|_| Watchdog::new(options.watchdog_rate)),
            timers: timers(),
            dmac: Dmac::default(),
            control: Control::new(options.open),
            pvt: Pvt::new(),
            timer: Alarm::new(Rules::c910().ticks_per_second),
            random: Random::new(options.seed),
            write_back_at: options.early_write_back,
            driven: Vec::new(),
            wires: Vec::new(),
            watched: Vec::new(),
            edges: Vec::new(),
            heat: Vec::new(),
            violations: Vec::new(),
        };
        // The vendor's U-Boot gives these two to the PWM (board/thead/light-c910/light.c).
        for pad in [Pad::PWM0, Pad::FAN] {
            board.pads[pad.group_index()].set_function(usize::from(pad.number), 1);
        }
        board
    }

    /// Reports the changes of a pad from now on.
    pub fn watch(&mut self, pad: Pad, now: u64) {
        let level = self.pad_level(pad, now);
        self.watched.push((pad, level));
        self.edges.push(Edge { pad, level, now });
    }

    /// Takes the changes of watched pads, in the order of time.
    pub fn edges(&mut self) -> Vec<Edge> {
        std::mem::take(&mut self.edges)
    }

    /// At these times, in nanoseconds, the processor has these temperatures, in thousandths of a degree.
    pub fn plan_heat(&mut self, mut heat: Vec<(u64, i64)>) {
        heat.sort_unstable();
        self.heat = heat;
    }

    /// What a pad is driven to from inside.
    #[must_use]
    pub fn pad_level(&self, pad: Pad, now: u64) -> Option<bool> {
        let function = self.pads[pad.group_index()].function(usize::from(pad.number));
        match function {
            number if number == pad.gpio_function() => {
                let (port, bit) = pad.gpio();
                let (directions, levels) = self.gpio[port].driven();
                (directions >> bit & 1 != 0).then_some(levels >> bit & 1 != 0)
            }
            1 => pad.pwm().map(|channel| self.pwm[channel].level(now)),
            _ => None,
        }
    }

    /// Drives a pad from outside. The port sees it while the pad has the port's function, and its input is on.
    pub fn drive(&mut self, pad: Pad, level: bool, now: u64) {
        self.driven.retain(|(other, _)| *other != pad);
        self.driven.push((pad, level));
        self.catch_up(now);
    }

    /// From now on a wire goes from one pad to another.
    pub fn wire(&mut self, from: Pad, to: Pad) {
        self.wires.push((from, to));
    }

    fn inputs(&self, port: usize) -> u32 {
        let here = |(pad, level): &(Pad, bool)| {
            let (at, bit) = pad.gpio();
            let (pads, number) = (&self.pads[pad.group_index()], usize::from(pad.number));
            let comes_in = pads.function(number) == pad.gpio_function() && pads.is_input(number);
            (at == port && *level && comes_in).then_some(1 << bit)
        };
        self.driven.iter().filter_map(here).sum()
    }

    /// The interrupt controller, to look at.
    #[must_use]
    pub fn plic(&self) -> &Plic {
        &self.plic
    }

    fn report(&mut self, rule: Rule, access: &Access) {
        let &Access {
            address, pc, now, ..
        } = access;
        self.violations.push(Violation {
            rule,
            address,
            pc,
            now,
        });
    }

    fn refuse<T>(&mut self, rule: Rule, access: &Access) -> Result<T, Refused> {
        self.report(rule, access);
        Err(Refused::Error)
    }

    /// The block of an access, if it answers.
    fn open(&mut self, access: &Access) -> Result<&'static MappedBlock, Refused> {
        let Some(place) = map::find(access.address) else {
            return self.refuse(Rule::NothingThere, access);
        };
        let own_check = matches!(place.block, Block::Plic | Block::Clint);
        if access.width != 4 && !own_check {
            return self.refuse(Rule::Width, access);
        }
        if let Err(rule) = self.control.check(place.gate, place.reset) {
            self.report(rule, access);
            return Err(match self.options.closed {
                Closed::Errs => Refused::Error,
                Closed::Hangs => Refused::Hang,
            });
        }
        Ok(place)
    }

    fn catch_up(&mut self, now: u64) {
        self.uart.advance(now);
        for (index, watchdog) in self.watchdogs.iter_mut().enumerate() {
            watchdog.advance(now);
            self.plic.set_level(line::WATCHDOG + index, watchdog.line());
        }
        for (index, timer) in self.timers.iter_mut().enumerate() {
            timer.advance(now);
            self.plic.set_level(line::TIMER + index, timer.line());
        }
        self.plic.set_level(line::DMAC, self.dmac.line());
        for (index, i2c) in self.i2c.iter_mut().enumerate() {
            if let Some((group, mut lines)) = map::i2c_pads(index) {
                let pads = &self.pads[group];
                i2c.connected = lines.all(|pad| pads.function(pad) == 0 && pads.is_input(pad));
            }
            i2c.advance(now);
        }
        for channel in &mut self.pwm {
            channel.advance(now);
        }
        let due = self.heat.iter().take_while(|(at, _)| *at <= now).count();
        if let Some((_, temperature)) = self.heat.drain(..due).next_back() {
            self.pvt.set_temperature(temperature);
        }
        for index in 0..self.wires.len() {
            let (from, to) = self.wires[index];
            self.driven.retain(|(pad, _)| *pad != to);
            if let Some(level) = self.pad_level(from, now) {
                self.driven.push((to, level));
            }
        }
        for port in 0..self.gpio.len() {
            let inputs = self.inputs(port);
            self.gpio[port].set_outside(inputs);
        }
        self.plic.set_level(line::UART, self.uart.line(now));
        for (index, i2c) in self.i2c.iter().enumerate() {
            self.plic.set_level(line::I2C + index, i2c.line());
        }
        for (index, gpio) in self.gpio.iter().enumerate() {
            self.plic.set_level(line::GPIO + index, gpio.line());
        }
        self.plic.advance(now);
        for index in 0..self.watched.len() {
            let (pad, old) = self.watched[index];
            let level = self.pad_level(pad, now);
            if level != old {
                self.watched[index].1 = level;
                self.edges.push(Edge { pad, level, now });
            }
        }
    }

    /// A block that is held in reset begins anew.
    fn reset_blocks(&mut self, offset: u64, cleared: u32) {
        for place in map::with_reset(offset) {
            if place.reset.is_none_or(|(_, mask)| cleared & mask == 0) {
                continue;
            }
            match place.block {
                Block::Uart => self.uart = Uart::new(Line::Clocked(UART_CLOCK)),
                Block::Gpio(index) => self.gpio[index] = Gpio::default(),
                Block::I2c(index) => {
                    // What lies on the bus keeps its state.
                    let expander = self.i2c[index].expander.take();
                    self.i2c[index] = I2c::new(expander);
                }
                Block::Pwm => {
                    self.pwm = std::array::from_fn(|_| Channel::new(self.options.pwm_rate))
                }
                Block::Pads(index) => self.pads[index] = Pads::new(),
                Block::Watchdog(index) => {
                    self.watchdogs[index] = Watchdog::new(self.options.watchdog_rate)
                }
                Block::Timers => self.timers = timers(),
                Block::Dmac => self.dmac = Dmac::default(),
                Block::Plic | Block::Clint | Block::Clocks | Block::Resets | Block::Pvt => {}
            }
        }
    }
}

/// The counters of the timers in Hz: the oscillator, by the vendor's clock driver (revyos/thead-kernel
/// drivers/clk/thead/clk-light-fm.c); its device tree has 62.5 million.
const TIMER_RATE: u64 = 24_000_000;
/// Bytes from one timer's registers to the next's.
const TIMER_STRIDE: usize = 0x14;

fn timers() -> [Timer; 4] {
    std::array::from_fn(|_| Timer::new(TIMER_RATE))
}

/// The UART's clock in Hz: the GMAC's PLL divided by ten.
const UART_CLOCK: u64 = 100_000_000;

/// As U-Boot leaves it: 115200 baud, 8N1.
fn firmware_uart() -> Uart {
    let mut uart = Uart::new(Line::Clocked(UART_CLOCK));
    uart.leave_set_up(54);
    uart
}

/// On controllers 0, 1 and 3 there is an expander at 0x18 (revyos/thead-kernel, th1520-lpi4a.dtsi).
fn i2c(index: usize) -> I2c {
    I2c::new(matches!(index, 0 | 1 | 3).then(|| Expander::new(0x18)))
}

impl Bus for Th1520 {
    fn read(&mut self, access: &Access) -> Result<u64, Refused> {
        let now = access.now;
        self.catch_up(now);
        let place = self.open(access)?;
        let offset = access.address - place.base;
        let value = match place.block {
            Block::Plic => match self.plic.read(offset, access) {
                Ok((value, rule)) => {
                    if let Some(rule) = rule {
                        self.report(rule, access);
                    }
                    Some(value as u32)
                }
                Err((_, rule)) => return self.refuse(rule, access),
            },
            Block::Clint => match self.clint.read(offset, access) {
                Ok(value) => Some(value),
                Err((_, rule)) => return self.refuse(rule, access),
            },
            Block::Uart => Some(match offset {
                0x00..0x20 => u32::from(self.uart.read(offset / 4, now)),
                0x7c => self.uart.read_status(now),
                0xfc => 0x4457_0110,
                _ => 0,
            }),
            Block::Gpio(index) => self.gpio[index].read(offset),
            Block::I2c(index) => self.i2c[index].read(offset, now),
            Block::Pwm => match self.pwm.get(offset as usize / 0x20) {
                Some(channel) => channel.read(offset % 0x20, now),
                None => None,
            },
            Block::Pads(index) => self.pads[index].read(offset),
            Block::Watchdog(index) => self.watchdogs[index].read(offset, now),
            Block::Timers => match self.timers.get_mut(offset as usize / TIMER_STRIDE) {
                Some(timer) => timer.read(offset % TIMER_STRIDE as u64, now),
                None => None,
            },
            Block::Dmac => self.dmac.read(offset),
            Block::Clocks => Some(self.control.clock(offset)),
            Block::Resets => Some(self.control.reset(offset)),
            Block::Pvt => self.pvt.read(offset, now),
        };
        self.catch_up(now);
        match value {
            Some(value) => Ok(value.into()),
            None => self.refuse(Rule::NothingThere, access),
        }
    }

    fn write(&mut self, access: &Access, value: u64) -> Result<(), Refused> {
        let now = access.now;
        self.catch_up(now);
        let place = self.open(access)?;
        let offset = access.address - place.base;
        let word = value as u32;
        let rule = match place.block {
            Block::Plic => match self.plic.write(offset, value, access) {
                Ok(((), rule)) => rule,
                Err((_, rule)) => return self.refuse(rule, access),
            },
            Block::Clint => match self.clint.write(offset, word, access) {
                Ok(()) => None,
                Err((_, rule)) => return self.refuse(rule, access),
            },
            Block::Uart => {
                if offset < 0x20 {
                    self.uart.write(offset / 4, word as u8, now, true);
                }
                self.uart.broken_rule()
            }
            Block::Gpio(index) => self.gpio[index].write(offset, word),
            Block::I2c(index) => self.i2c[index].write(offset, word, now),
            Block::Pwm => match self.pwm.get_mut(offset as usize / 0x20) {
                Some(channel) => channel.write(offset % 0x20, word, now),
                None => return self.refuse(Rule::NothingThere, access),
            },
            Block::Pads(index) => match self.pads[index].write(offset, word) {
                Some(()) => None,
                None => return self.refuse(Rule::NothingThere, access),
            },
            Block::Watchdog(index) => self.watchdogs[index].write(offset, word, now),
            Block::Timers => match self.timers.get_mut(offset as usize / TIMER_STRIDE) {
                Some(timer) => timer.write(offset % TIMER_STRIDE as u64, word, now),
                None => return self.refuse(Rule::NothingThere, access),
            },
            Block::Dmac => self.dmac.write(offset, word, now),
            Block::Clocks => {
                self.control.set_clock(offset, word);
                None
            }
            Block::Resets => {
                let cleared = self.control.set_reset(offset, word);
                self.reset_blocks(offset, cleared);
                None
            }
            Block::Pvt => match self.pvt.write(offset, word, now) {
                Some(()) => None,
                None => return self.refuse(Rule::NothingThere, access),
            },
        };
        if let Some(rule) = rule {
            self.report(rule, access);
        }
        self.catch_up(now);
        Ok(())
    }
}

impl Board for Th1520 {
    fn advance(&mut self, now: u64, memory: &mut Memory) {
        while let (Some(at), Some(gap)) = (self.write_back_at, self.options.early_write_back) {
            if at > now {
                break;
            }
            memory.write_back_some(self.random.number());
            self.write_back_at = Some(at + 1 + self.random.number() % (2 * gap.max(1)));
        }
        self.dmac.advance(now, memory);
        self.catch_up(now);
        if let Some(rule) = self.uart.broken_rule() {
            self.violations.push(Violation {
                rule,
                address: 0xff_e701_4000,
                pc: 0,
                now,
            });
        }
    }

    fn next_event(&self, now: u64) -> Option<u64> {
        let i2c = self.i2c.iter().filter_map(I2c::next_event);
        let timers = self.timers.iter().filter_map(Timer::next_event);
        let watchdogs = self.watchdogs.iter().filter_map(Watchdog::next_event);
        let waves = self
            .watched
            .iter()
            .filter_map(|(pad, _)| self.pwm[pad.pwm()?].next_event(now));
        [
            self.timer.next_event(now),
            self.clint.next_event(now),
            self.uart.next_event(now),
            self.write_back_at,
            self.dmac.next_event(),
            self.plic.next_event(),
        ]
        .into_iter()
        .flatten()
        .chain(i2c)
        .chain(timers)
        .chain(watchdogs)
        .chain(self.heat.first().map(|(at, _)| *at))
        .chain(waves)
        .min()
    }

    fn lines(&self, now: u64) -> u64 {
        let timer = self.timer.is_due(now) || self.clint.is_due(now);
        [
            (timer, interrupt::SUPERVISOR_TIMER),
            (self.clint.software(), interrupt::SUPERVISOR_SOFTWARE),
            (self.plic.output(1), interrupt::SUPERVISOR_EXTERNAL),
            (self.clint.machine_is_due(now), interrupt::MACHINE_TIMER),
            (self.clint.machine_software(), interrupt::MACHINE_SOFTWARE),
            (self.plic.output(0), interrupt::MACHINE_EXTERNAL),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, bit)| bit)
        .sum()
    }

    fn set_timer(&mut self, ticks: u64) {
        self.timer.set(ticks);
    }

    fn serial_in(&mut self, bytes: &[u8], now: u64) {
        self.uart.arrive(bytes, now);
        self.catch_up(now);
    }

    fn serial_room(&self) -> usize {
        self.uart.free()
    }

    fn serial_out(&mut self) -> Vec<u8> {
        self.uart.take_output()
    }

    fn stopped(&self) -> Option<Stop> {
        let resets = self.watchdogs.iter().any(Watchdog::resets);
        resets.then_some(Stop::Reset)
    }

    fn violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }
}

#[cfg(test)]
mod tests;
