//! Kills a network's driver, and awaits the first frame by the next: the answer to a question that it asks at once.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_meter::{Kills, PATIENCE, ended, mark};
use class_network::{Frames, MOST_FRAME, READY};
use userlib::future::{Lock, Posts, with_deadline};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// The network's driver.
const DRIVER: &str = "network";
/// The address of the board in QEMU's user network, and that of the host, which answers.
const OWN: [u8; 4] = [10, 0, 2, 15];
const HOST: [u8; 4] = [10, 0, 2, 2];

/// The meter: how often it has killed the driver.
#[derive(Default)]
struct Meter {
    kills: Kills,
}

/// What one binding waits for, and its frames.
struct State<'cap>(Lock<(Posts<'cap>, Frames<'cap>)>);

/// The question: who has the host's address? (RFC 826)
fn question(own: [u8; 6]) -> [u8; 42] {
    let mut frame = [0; 42];
    frame[..6].fill(0xff);
    frame[6..12].copy_from_slice(&own);
    // An ARP packet, for Ethernet and IPv4: a request.
    frame[12..22].copy_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame[22..28].copy_from_slice(&own);
    frame[28..32].copy_from_slice(&OWN);
    frame[38..].copy_from_slice(&HOST);
    frame
}

impl Meter {
    async fn measure(&self, posts: &mut Posts<'_>, frames: &mut Frames<'_>) -> Result<(), Error> {
        let mut into = [0; MOST_FRAME];
        frames.send(&question(frames.identity().address))?;
        while frames.receive(&mut into)?.is_none() {
            if frames.turn()? {
                posts.wait(READY).await;
            }
        }
        if self.kills.are_any() {
            mark();
        }
        // The driver gets its buffer back.
        frames.turn()?;
        self.kills.next(DRIVER).await
    }
}

impl AsyncDriver for Meter {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        Ok(State(Lock::new((device.posts()?, Frames::new(device)?))))
    }

    async fn run<'cap>(&self, state: &State<'cap>, _: &Device<'cap, Bound>) {
        let (posts, frames) = &mut *state.0.lock().await;
        let measured = with_deadline(PATIENCE, self.measure(posts, frames)).await;
        ended(measured.unwrap_or(Err(Error::TimedOut)));
    }
}

userlib::driver!(async Meter);
