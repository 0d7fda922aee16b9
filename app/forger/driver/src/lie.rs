//! What a hostile driver of a network can say through the class's own payload.

use class_network::{
    BUFFER, BUFFERS, Done, Frame, Identity, MEMORY, NETWORK, NetworkFamily, NetworkOffer,
};
use class_queue::{AskerOffer, DoerOffer, Offered, READY};
use userlib::Error;
use userlib::auxiliary::{LentCell, RingReceiver, RingSender};
use userlib::future::{Lock, Posts};
use userlib::runtime::{Bound, Device};
use userlib::sys::Rights;

/// Bytes of shared memory for the four rings, as the class has them at least.
const RINGS: usize = 1024;

/// An address that a controller can have, and QEMU's own for the first one: so its network stays what it was.
const ADDRESS: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
/// One that no controller can have.
const GROUP: [u8; 6] = [0x53, 0x54, 0, 0x12, 0x34, 0x56];

/// A lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A frame came in this slot, of so many bytes.
    Frame(u32, u32),
    /// The frame in this slot is sent; nobody asked for it.
    Sent(u32),
    /// The controller has the address of a group of them.
    Group,
    /// The buffers are less than the class has them.
    Small,
    /// The buffers for frames to send can only be read.
    ReadOnly,
    /// It takes frames to send, and never says that it has sent one.
    Silent,
}

/// What a liar has: the rings, as they are.
pub struct Forged<'cap> {
    lie: Lie,
    offered: Offered<'cap, NetworkFamily>,
    _link: LentCell<'cap, u32>,
    received: RingSender<'cap, Frame, BUFFERS>,
    to_send: RingReceiver<'cap, Frame, BUFFERS>,
    sent: RingSender<'cap, Done, BUFFERS>,
    posts: Lock<Posts<'cap>>,
}

impl<'cap> Forged<'cap> {
    /// Offers a network that is none.
    ///
    /// # Errors
    /// Those of a registration.
    pub fn new(device: &Device<'cap, Bound>, lie: Lie) -> Result<Self, Error> {
        let mut pool = device.dma_pool()?;
        let bytes = match lie {
            Lie::Small => 2 * BUFFER,
            _ => MEMORY,
        };
        let received_memory = pool.lendable_buffer::<u8>(bytes)?;
        let transmit_memory = pool.lendable_buffer::<u8>(bytes)?;
        let region = device.lend_region(size_of::<u32>(), RINGS)?;
        let link = region.cell(1)?;
        let (received, came) = region.ring_to_child()?;
        let (_, taken) = region.ring_from_child()?;
        let (to_send, asked) = region.ring_from_child()?;
        let (sent, done) = region.ring_to_child()?;
        let offer = NetworkOffer {
            driver: (),
            identity: Identity {
                address: match lie {
                    Lie::Group => GROUP,
                    _ => ADDRESS,
                },
                ..Identity::default()
            },
            link: link.lent(),
            received: DoerOffer::from_ends(came, taken),
            transmit: AskerOffer::from_ends(asked, done),
            received_memory: pool.lend(&received_memory, Rights::READ)?,
            transmit_memory: match lie {
                Lie::ReadOnly => pool.lend(&transmit_memory, Rights::READ)?,
                _ => pool.lend(&transmit_memory, Rights::READ | Rights::WRITE)?,
            },
        };
        Ok(Self {
            lie,
            offered: Offered::new(device, region, (NETWORK, 0), offer)?,
            _link: link,
            received,
            to_send,
            sent,
            posts: Lock::new(device.posts()?),
        })
    }

    /// Tells the lie, and then takes what it gets until it ends.
    pub async fn run(&self) {
        match self.lie {
            Lie::Frame(tag, length) => self.came(tag, length),
            Lie::Sent(tag) => {
                // The ring has room for as many as there are slots.
                let _ = self.sent.push(Done { tag });
                let _ = self.sent.publish();
            }
            Lie::Group | Lie::Small | Lie::ReadOnly | Lie::Silent => {}
        }
        self.offered.notify();
        let mut posts = self.posts.lock().await;
        loop {
            match self.to_send.pop() {
                Ok(Some(_)) => {}
                Ok(None) if self.to_send.turn().is_ok_and(|turn| !turn.wait) => {}
                _ => {
                    let _ = posts.wait(READY).await;
                }
            }
        }
    }

    /// Says that a frame came.
    fn came(&self, tag: u32, length: u32) {
        // As above.
        let _ = self.received.push(Frame { tag, length });
        let _ = self.received.publish();
    }
}
