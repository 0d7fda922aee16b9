//! A fan by the processor's temperature: reads the sensor four times a second, and sets the PWM.
//!
//! It sets the PWM each time, changed or not. So the fan goes on as soon as a driver that ended is back, and this task
//! need not know that one was gone.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use driver_interfaces::{PwmClient, PwmOutput, ThermometerClient};
use embedded_hal::pwm::SetDutyCycle;
use fan_controller::{Level, duty, level, levels};
use leasehold_abi::Error;
use userlib::wait;

/// How often the temperature is read, in milliseconds; and how soon again when that, or the PWM, failed.
const INTERVAL: u64 = 250;
const AGAIN: u64 = 25;

/// The fan's channel and period in nanoseconds: U-Boot dts/upstream/src/riscv/thead/th1520-lichee-pi-4a.dts,
/// `pwm-fan`.
const CHANNEL: u32 = 1;
const PERIOD: u64 = 10_000_000;

/// The speeds, by the manifest. If it has none, the fan is at full speed.
const FROM: &[i32] = userlib::setting!("from": [i32] = &[]);
const PERCENT: &[u8] = userlib::setting!("percent": [u8] = &[]);
const LEVELS: &[Level] = &levels::<{ FROM.len() }>(FROM, PERCENT);

/// Percent of the full speed.
const FULL: u8 = 100;

/// The speed of a level.
fn percent(level: usize) -> u8 {
    LEVELS.get(level).map_or(FULL, |level| level.percent)
}

/// The fan, and what was last said of it.
struct Fan {
    thermometer: ThermometerClient,
    output: PwmOutput,
    level: usize,
    said: Option<Result<usize, Error>>,
}

impl Fan {
    fn new() -> Result<Self, Error> {
        Ok(Self {
            thermometer: ThermometerClient::connect("pvt")?,
            output: PwmOutput::new(PwmClient::connect("pwm")?, CHANNEL, PERIOD),
            level: LEVELS.len().saturating_sub(1),
            said: None,
        })
    }

    /// Reads and sets. A fan without a thermometer runs at full speed.
    fn turn(&mut self) -> Result<usize, Error> {
        let read = self.thermometer.temperature();
        let percent = match read {
            Ok(temperature) => {
                self.level = level(LEVELS, self.level, temperature);
                percent(self.level)
            }
            Err(_) => FULL,
        };
        let parts = duty(percent, self.output.max_duty_cycle());
        self.output.set_duty_cycle(parts).map_err(|error| error.0)?;
        read.map(|_| self.level)
    }

    /// The same, and says what is new. Gives the milliseconds until the next time.
    fn step(&mut self) -> u64 {
        let result = self.turn();
        let interval = if result.is_ok() { INTERVAL } else { AGAIN };
        if self.said == Some(result) {
            return interval;
        }
        self.said = Some(result);
        match result {
            Ok(level) => userlib::log!("at {} %", u32::from(percent(level))),
            Err(error) => userlib::log!("waits: {error}"),
        }
        interval
    }
}

fn run() {
    let mut fan = match Fan::new() {
        Ok(fan) => fan,
        Err(error) => panic!("{error}"),
    };
    loop {
        wait::pause(fan.step());
    }
}

userlib::task!(run);
