//! What the driver of the host bridge finds becomes devices.
//!
//! A board without a host bridge has none of this code: only where the policy names one, `main` hands it over.

use crate::device::{Device, FUNCTIONS, Source, function_bindings};
use crate::state::{Discovery, Supervisor};
use leasehold_abi::Error;
use userlib::policy::Policy;
use userlib::supervisor::FunctionInfo;

/// What to do with the functions of a board with this policy.
pub const fn of(policy: &Policy) -> Option<Discovery> {
    let mut device = 0;
    while device < policy.devices.len() {
        if policy.devices[device].discovers.is_some() {
            return Some(Discovery {
                function: |supervisor, function| supervisor.function(function),
                bridge: |supervisor, bridge| supervisor.bridge(bridge),
            });
        }
        device += 1;
    }
    None
}

impl Supervisor<'_> {
    fn function(&mut self, function: &FunctionInfo) -> Result<(), Error> {
        if self.is_known(function)? {
            // It is not placed again: a driver may have it on lease.
            return Ok(());
        }
        let bars = self.place(function)?;
        let device = Device::new(Source::Function(FunctionInfo { bars, ..*function }));
        let index = self.add(device).ok_or(Error::Exhausted)?;
        self.choose(index, function);
        Ok(())
    }

    fn bridge(&mut self, bridge: &FunctionInfo) -> Result<u8, Error> {
        if self.is_known(bridge)? {
            return self.bus_behind(bridge);
        }
        self.connect(bridge)
    }

    /// Whether a function is known already, at the place where one is reported.
    fn is_known(&self, reported: &FunctionInfo) -> Result<bool, Error> {
        let functions = self.devices.iter().filter_map(Device::function);
        let mut here = functions.filter(|known| known.address == reported.address);
        match here.next() {
            // The other places are those of auxiliary devices.
            None if self.devices.iter().filter_map(Device::function).count() >= FUNCTIONS => {
                Err(Error::Exhausted)
            }
            None => Ok(false),
            Some(known) if known.id == reported.id => Ok(true),
            Some(_) => Err(Error::Busy),
        }
    }

    /// Decides which binding a function that was just found is for: the first that it fits and that is of its number.
    /// Those before it on the bus count, whoever has them.
    fn choose(&mut self, index: usize, function: &FunctionInfo) {
        let mut fits = None;
        for (number, (_, _, functions)) in (0..).zip(function_bindings(self.policy)) {
            if !functions.fit(function) {
                continue;
            }
            let devices = &self.devices;
            let known = devices.iter().filter_map(Device::function);
            // All that were found before, and this one.
            let before = known.filter(|known| functions.fit(known)).count() - 1;
            if before == usize::from(functions.nth) {
                self.devices[index].binding = number;
                return;
            }
            fits = fits.or(Some((before, functions.nth)));
        }
        if let Some((before, nth)) = fits {
            let (id, place) = (function.id, function.address);
            let text = format_args!(
                "{id} at {place} is left off: it is number {before} of its kind, and the binding is of number {nth}"
            );
            self.say(0, text);
        }
    }
}
