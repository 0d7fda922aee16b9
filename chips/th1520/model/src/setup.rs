//! The options that say which machine it is, and what of it is hard.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use th1520_model::board::th1520::{Closed, Options, Pad, Th1520};
use th1520_model::board::virt::Virt;
use th1520_model::device_tree::{Description, encode};
use th1520_model::{Chain, Machine, presets};

/// A machine with its image.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// The board.
    #[arg(long, value_enum, default_value = "virt")]
    pub(crate) board: BoardName,
    /// The image: an ELF file; for the TH1520 also a flat one, as `booti` takes it.
    image: PathBuf,
    /// The device tree that the TH1520's firmware passes; if absent, a short one of the Lichee Pi 4A.
    #[arg(long, conflicts_with_all = ["other_board", "told_memory", "told_reserved"])]
    device_tree: Option<PathBuf>,
    /// An OpenSBI of the kind `fw_dynamic` runs below the TH1520's image, in place of the model's own part of the
    /// firmware.
    #[arg(long)]
    firmware: Option<PathBuf>,
    /// Passes the TH1520's tree of a board with this name, which is compatible with nothing else.
    #[arg(long)]
    other_board: Option<String>,
    /// How much memory the TH1520's tree tells of, in bytes.
    #[arg(long)]
    told_memory: Option<u64>,
    /// The memory that the TH1520's tree reserves, in place of the firmware's: `2097152:4096`.
    #[arg(long, value_parser = range)]
    told_reserved: Option<(u64, u64)>,
    /// All gates of the TH1520 are on and nothing is held in reset.
    #[arg(long)]
    open: bool,
    /// The TH1520's firmware leaves page attributes off.
    #[arg(long)]
    no_attributes: bool,
    /// The TH1520's firmware does not delegate the interrupt controller.
    #[arg(long)]
    not_delegated: bool,
    /// The TH1520's firmware tells another processor's identity.
    #[arg(long)]
    other_processor: bool,
    /// What random choices of the TH1520 depend on.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The TH1520's caches write back a dirty line at random, about every so many nanoseconds.
    #[arg(long)]
    early_write_back: Option<u64>,
    /// A closed block of the TH1520 hangs the hart. Otherwise it errs.
    #[arg(long)]
    closed_hangs: bool,
    /// How many nanoseconds the TH1520's interrupt controller takes to find the next line to claim; 0 for none.
    #[arg(long)]
    claim_delay: Option<u64>,
    /// At a time in milliseconds the TH1520's processor has a temperature in thousandths of a degree: `1500:70000`.
    #[arg(long, value_parser = heat)]
    heat: Vec<(u64, i64)>,
    /// A wire from one pad of the TH1520 to another, which it drives: `gpio3-3:gpio1-3`.
    #[arg(long, value_parser = wire)]
    wire: Vec<(Pad, Pad)>,
    /// The rate of the TH1520's PWM in Hz.
    #[arg(long)]
    pwm_rate: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum BoardName {
    /// The places of QEMU's `virt`.
    Virt,
    /// The TH1520 below the vendor's firmware.
    Th1520,
    /// The TH1520 below mainline firmware.
    Th1520Mainline,
}

impl Setup {
    /// The image.
    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        let path = self.image.display();
        std::fs::read(&self.image).with_context(|| format!("cannot read {path}"))
    }

    /// QEMU's `virt` with an image.
    pub(crate) fn virt(&self, image: &[u8]) -> Result<Machine<Virt>> {
        presets::virt(image).with_context(|| self.image.display().to_string())
    }

    /// A TH1520 with an image.
    pub(crate) fn th1520(&self, image: &[u8]) -> Result<Machine<Th1520>> {
        let chain = match self.board {
            _ if self.other_processor => Chain::Qemu,
            BoardName::Th1520Mainline => Chain::Mainline,
            _ => Chain::Vendor,
        };
        let tree = self.tree(chain)?;
        let usual = Options::default();
        let options = Options {
            seed: self.seed,
            early_write_back: self.early_write_back,
            attributes: !self.no_attributes,
            open: self.open,
            plic_delegated: !self.not_delegated,
            closed: if self.closed_hangs {
                Closed::Hangs
            } else {
                Closed::Errs
            },
            claim_delay: self.claim_delay.unwrap_or(usual.claim_delay),
            pwm_rate: self.pwm_rate.unwrap_or(usual.pwm_rate),
            ..usual
        };
        let machine = match &self.firmware {
            Some(path) => {
                let code = std::fs::read(path).with_context(|| path.display().to_string())?;
                presets::th1520_below(&code, image, tree.as_deref(), options)
            }
            None => presets::th1520(image, tree.as_deref(), options, chain),
        };
        let mut machine = machine.with_context(|| self.image.display().to_string())?;
        machine.board.plan_heat(self.heat.clone());
        for (from, to) in &self.wire {
            machine.board.wire(*from, *to);
        }
        Ok(machine)
    }

    /// The device tree that firmware passes, where it is not the board's usual one.
    fn tree(&self, chain: Chain) -> Result<Option<Vec<u8>>> {
        if let Some(path) = &self.device_tree {
            let tree = std::fs::read(path).with_context(|| path.display().to_string())?;
            return Ok(Some(tree));
        }
        let (board, memory, reserved) = (&self.other_board, self.told_memory, self.told_reserved);
        if board.is_none() && memory.is_none() && reserved.is_none() {
            return Ok(None);
        }
        let memory = memory.unwrap_or(Options::default().memory);
        let usual = Description::lichee_pi_4a(memory, reserved.unwrap_or(chain.memory()));
        let names = board.as_deref().map(|name| [name]);
        Ok(Some(encode(&match &names {
            Some(names) => Description {
                model: names[0],
                compatible: names,
                ..usual
            },
            None => usual,
        })))
    }
}

/// A pad of the command line.
pub(crate) fn pad(name: &str) -> Result<Pad> {
    Pad::from_name(name).with_context(|| format!("no pad is `{name}`; write one as `gpio3-3`"))
}

/// A wire of the command line.
fn wire(text: &str) -> Result<(Pad, Pad)> {
    let (from, to) = text.split_once(':').context("write `gpio3-3:gpio1-3`")?;
    Ok((pad(from)?, pad(to)?))
}

/// A time and a temperature of the command line; in nanoseconds, and in thousandths of a degree.
fn heat(text: &str) -> Result<(u64, i64)> {
    let parts = text
        .split_once(':')
        .context("write `MILLISECONDS:THOUSANDTHS`")?;
    Ok((parts.0.parse::<u64>()? * 1_000_000, parts.1.parse()?))
}

/// A range of the command line: first address and bytes.
fn range(text: &str) -> Result<(u64, u64)> {
    let parts = text.split_once(':').context("write `ADDRESS:BYTES`")?;
    Ok((parts.0.parse()?, parts.1.parse()?))
}
