//! A slot from which a device can be taken while the machine runs.
//!
//! The device is behind a port for hot plugging. The emulator's monitor asks the guest for it (`device_del`); software
//! for hot plugging in the guest would then switch the slot's power off. The boards have none, and a device that is
//! pulled out does not wait for it: so the power is switched off from outside, by a write of the port's register.
//!
//! Sources: QEMU documentation, *PCI Express Guidelines*, section 5; *QTest Device Emulation Testing Framework*, the
//! commands `readw` and `writew`; PCI Express Base Specification 4.0, sections 7.5.1.1.11 (list of capabilities) and
//! 7.5.3.10 (Slot Control Register).

use crate::command::replaced;
use crate::monitor::Socket;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

/// Where the configuration space of QEMU's `virt` begins (QEMU, hw/riscv/virt.c, `VIRT_PCIE_ECAM`).
const CONFIGURATION: u64 = 0x3000_0000;
/// The port's number on its bus. Its interrupt line is that of the device that it stands for.
const PORT: u64 = 7;
/// The register with the address of the first capability, and the identifier of that of PCI Express.
const FIRST: u64 = 0x34;
const EXPRESS: u16 = 0x10;
/// Slot Control, from the capability's beginning: its power is off, and so is the lamp that says that there is some.
const SLOT_CONTROL: u64 = 0x18;
const POWER_OFF: u16 = 1 << 10 | 3 << 8;
/// Most capabilities of a function: there is no room for more.
const CAPABILITIES: usize = 48;
/// The device's name for the monitor.
const NAME: &str = "pulled";
/// How long the emulator may take for an answer. It only ends a wait for one that hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// The slot.
pub(super) struct Slot {
    monitor: Socket,
    memory: Socket,
}

impl Slot {
    /// A slot, and the same machine with the device of this kind in it.
    ///
    /// # Errors
    /// When the machine has no such device, or more than one.
    pub(super) fn with(command: &Command, device: &str) -> Result<(Self, Command)> {
        let (mut same, count) = replaced(command, |word| {
            let mut parts = word.split(',');
            if parts.next() != Some(device) {
                return None;
            }
            let rest: Vec<&str> = parts.filter(|part| !part.starts_with("addr=")).collect();
            let port = format!("pcie-root-port,id=plug,chassis={PORT},slot={PORT},addr={PORT}");
            let words = [&[device], &rest[..], &["bus=plug"]].concat().join(",");
            Some(vec![
                port,
                "-device".to_owned(),
                format!("{words},id={NAME}"),
            ])
        });
        ensure!(count == 1, "the machine has {count} devices {device}");
        let slot = Self {
            monitor: Socket::new("slot"),
            memory: Socket::new("slot-memory"),
        };
        slot.monitor.attach(&mut same);
        slot.memory.attach_as(&mut same, "-qtest");
        // It would print each command.
        same.args(["-qtest-log", "none"]);
        Ok((slot, same))
    }

    /// Takes the device out.
    ///
    /// # Errors
    /// When the emulator does not do that.
    pub(super) fn pull(&self) -> Result<()> {
        self.monitor.connect()?.remove_device(NAME)?;
        let stream = self.memory.stream()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut memory = Memory {
            input: stream.try_clone()?,
            output: BufReader::new(stream),
        };
        let port = CONFIGURATION + (PORT << 15);
        let mut at = memory.read(port + FIRST)? & 0xff;
        for _ in 0..CAPABILITIES {
            ensure!(at != 0, "the port is none of PCI Express");
            let head = memory.read(port + u64::from(at))?;
            if head & 0xff == EXPRESS {
                return memory.write(port + u64::from(at) + SLOT_CONTROL, POWER_OFF);
            }
            at = head >> 8;
        }
        bail!("the port's capabilities have no end")
    }
}

/// The machine's physical memory.
struct Memory {
    input: UnixStream,
    output: BufReader<UnixStream>,
}

impl Memory {
    fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.input, "{line}").context("the emulator takes no access")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        let answer = answer.trim_end().strip_prefix("OK");
        let answer = answer.with_context(|| format!("the emulator refuses `{line}`"))?;
        Ok(answer.trim().to_owned())
    }

    fn read(&mut self, address: u64) -> Result<u16> {
        let answer = self.ask(&format!("readw {address:#x}"))?;
        let digits = answer.strip_prefix("0x").context("no number")?;
        Ok(u16::try_from(u64::from_str_radix(digits, 16)?)?)
    }

    fn write(&mut self, address: u64, value: u16) -> Result<()> {
        self.ask(&format!("writew {address:#x} {value:#x}"))
            .map(drop)
    }
}
