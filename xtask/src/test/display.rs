//! The demo's display: what it shows, while its driver ends and comes back.

pub(super) mod impostor;

use super::part::{OnBoard, Part, Runs};
use super::shell::Shell;
use super::tally::Tally;
use crate::build::Bootable;
use crate::machine::Line;
use crate::monitor::{Monitor, Socket};
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use std::path::PathBuf;

/// The app.
const APP: &str = "demo";
/// The task that draws.
const TASK: &str = "screen";
/// The colours of the test card's bars, from left to right (`app/demo/screen/src/card.rs`).
const BARS: [[u8; 3]; 8] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [0, 0, 0],
];

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Display,
    what: "the display",
    app: APP,
    task: Some(TASK),
    needs: &[],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// Runs the demo and judges its pictures.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut seen = Seen::boot(&bootable)?;
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("display", name, outcome);
    report("the_card_is_what_was_painted", seen.card());
    report("a_new_driver_shows_nothing_of_before", seen.cleared());
    report("it_is_painted_again_when_the_driver_is_back", seen.again());
    seen.shell.power_off()?;
    Ok(tally)
}

/// A running demo and the monitor of its emulator.
struct Seen {
    shell: Shell,
    monitor: Monitor,
    /// Where the pictures go.
    file: PathBuf,
    _socket: Socket,
}

impl Seen {
    fn boot(bootable: &Bootable) -> Result<Self> {
        let socket = Socket::new("display");
        let mut command = bootable.command(Clock::STEADY, Line::Pipes)?;
        socket.attach(&mut command);
        let mut shell = Shell::run(&command, bootable.symbols.clone())?;
        shell.until_prompt()?;
        Ok(Self {
            shell,
            monitor: socket.connect()?,
            file: bootable.built.folder.join("display.ppm"),
            _socket: socket,
        })
    }

    /// What is to be seen now.
    fn picture(&mut self) -> Result<Picture> {
        self.monitor.screenshot(&self.file, "ppm")?;
        Picture::read(&std::fs::read(&self.file).context("the picture")?)
    }

    fn card(&mut self) -> Result<()> {
        self.shell.good(&["call screen.card"])?;
        self.picture()?.is(&BARS)
    }

    /// The task that draws is in quarantine, so nobody paints for the new driver.
    fn cleared(&mut self) -> Result<()> {
        let sleeps = ["sleep 50", "sleep 100", "sleep 200", "sleep 400", "sleep 1"];
        let lines: Vec<&str> = sleeps
            .iter()
            .flat_map(|sleep| ["crash screen", sleep])
            .collect();
        self.shell.good(&lines)?;
        let last = self.picture()?.is(&[[0; 3]]);
        ensure!(
            last.is_err(),
            "nothing is left of what the task painted last"
        );
        self.shell.good(&["crash display", "sleep 200"])?;
        self.picture()?.is(&[[0; 3]])
    }

    fn again(&mut self) -> Result<()> {
        self.shell
            .good(&["restart screen", "sleep 200", "call screen.card"])?;
        self.picture()?.is(&BARS)?;
        // The driver ends while the task has its frame buffer.
        self.shell.good(&["crash display", "sleep 200"])?;
        self.picture()?.is(&BARS)
    }
}

/// A picture: its width, and its pixels line by line.
struct Picture {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Reads a portable pixmap as QEMU writes it: `P6`, width and height, 255, the pixels.
    fn read(bytes: &[u8]) -> Result<Self> {
        let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
        let mut text = || {
            let part = parts.next().context("the picture is cut")?;
            std::str::from_utf8(part).context("the picture's head")
        };
        let (kind, size, depth) = (text()?, text()?, text()?);
        let (width, height) = size.split_once(' ').context("the picture's size")?;
        let (width, height): (usize, usize) = (width.parse()?, height.parse()?);
        ensure!(
            (kind, depth) == ("P6", "255"),
            "a picture of {kind} and {depth}"
        );
        let (pixels, []) = parts.next().context("no pixels")?.as_chunks() else {
            anyhow::bail!("a pixel is cut");
        };
        ensure!(
            pixels.len() == width * height,
            "{} pixels of {size}",
            pixels.len()
        );
        Ok(Self {
            width,
            pixels: pixels.to_vec(),
        })
    }

    /// Whether all of it is bars of these colours.
    fn is(&self, bars: &[[u8; 3]]) -> Result<()> {
        let wide = self.width / bars.len();
        for (index, pixel) in self.pixels.iter().enumerate() {
            let (line, column) = (index / self.width, index % self.width);
            let wanted = bars[column / wide];
            ensure!(
                *pixel == wanted,
                "{pixel:?} at {column}, {line}, not {wanted:?}"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_pixel_is_seen() {
        let mut bytes = b"P6\n4 2\n255\n".to_vec();
        bytes.extend(
            [[9, 9, 9], [9, 9, 9], [0, 0, 0], [0, 0, 0]]
                .concat()
                .repeat(2),
        );
        let bars = [[9; 3], [0; 3]];
        assert!(Picture::read(&bytes).is_ok_and(|picture| picture.is(&bars).is_ok()));
        *bytes.last_mut().unwrap() = 1;
        assert!(Picture::read(&bytes).is_ok_and(|picture| picture.is(&bars).is_err()));
        bytes.pop();
        assert!(Picture::read(&bytes).is_err(), "cut");
    }
}
