//! The TH1520's clock gates and resets: the parent of all blocks that are off until somebody uses them.
//!
//! Each block that the manifest names in `offers` is an auxiliary device. Who has it on lease may open the block. It is
//! closed when that lease ends: held in reset, and its clock off, so the next one finds it as after a reset of the
//! chip. The registers have bits of many blocks, and some blocks share a gate. So only this driver writes them.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod registers;

use driver_interfaces::BlocksServer;
use driver_th1520::Parts;
use driver_th1520::blocks::{BLOCKS, Block};
use registers::Switches;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, Events, StateOf};
use userlib::supervisor::LET_GO;
use userlib::sys::TaskHandle;
use userlib::text::Text;
use userlib::{Error, ForLt};

/// The registers while they are bound.
#[derive(Debug)]
pub struct Control<'cap> {
    parts: Parts<'cap, &'static Block>,
    switches: Switches<'cap>,
}

impl Control<'_> {
    /// Closes a block, but for the gates that others need.
    fn close(&self, block: &Block) {
        let others = self.parts.iter().filter(|part| part.is_on());
        self.switches.close(block, others.map(|part| part.what()));
    }

    /// Closes the blocks whose leases are over.
    fn close_ended(&mut self) {
        while let Some(block) = self.parts.let_go() {
            self.close(block);
            userlib::log!("{} is off", block.name);
        }
    }
}

impl Drop for Control<'_> {
    fn drop(&mut self) {
        // A child may still quiet its block: that is closed when the child has let go.
        while let Some(block) = self.parts.end_one() {
            self.close(block);
        }
    }
}

/// One request: who asks, of whom.
struct Caller<'s, 'cap> {
    control: &'s mut Control<'cap>,
    client: TaskHandle,
}

impl BlocksServer for Caller<'_, '_> {
    fn open(&mut self, block: u32) -> Result<u32, Error> {
        let control = &mut *self.control;
        // Of its earlier lease, and what goes with it.
        control.close_ended();
        let granted = control.parts.granted(block, self.client)?;
        let block = granted.what;
        if !granted.is_on {
            if let Err(error) = control.switches.open(block) {
                control.close(block);
                userlib::log!("{} cannot be turned on", block.name);
                return Err(error);
            }
            control.parts.turned_on(&granted);
        }
        Ok(block.rate)
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct ControlDriver;

impl Driver for ControlDriver {
    type State = ForLt!(Control<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Control<'cap>, Error> {
        let switches = Switches::new(device)?;
        let names = BLOCKS.iter().map(|block| (Text::of(block.name), block));
        let parts = Parts::offer(device, names)?;
        let control = Control { parts, switches };
        // What an earlier life of this task may have left open.
        for part in control.parts.iter() {
            control.close(part.what());
        }
        userlib::log!(
            "bound clocks and resets, {} blocks",
            control.parts.len() as u32
        );
        Ok(control)
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let client = request.client();
        Caller {
            control: state,
            client,
        }
        .dispatch(request)
    }

    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if events.from_peer(LET_GO) {
            state.close_ended();
        }
    }
}
