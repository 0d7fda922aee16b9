//! Bridges to other buses: a number for the bus behind each, and a window of memory for the functions there.
//!
//! No firmware has done this on the boards that there are. A bridge passes on what lies between the first and the last
//! address of its window, so all windows behind it lie in there. How much that will be is not known when the bridge is
//! found, so it gets a fixed size. A bus is numbered when its bridge is found. The numbers behind a bridge must follow
//! each other, so bridges are looked for depth first. Functions behind a bridge never get what is above 4 GiB, nor I/O.
//! Source: *PCI-to-PCI Bridge Architecture Specification 1.2*, section 3.2.5.

use crate::aperture::{self, Aperture, Apertures};
use crate::device::{BRIDGE, Device, Source};
use crate::function;
use crate::placement::{self, Function, Header};
use crate::state::Supervisor;
use leasehold_abi::{Error, GrantKind};
use userlib::supervisor::{BarInfo, FunctionAddress, FunctionInfo};

/// Primary, secondary and subordinate bus, a byte each: the bus that it is on, the one behind it, and the last behind
/// that. The fourth byte is a timer of conventional PCI.
const BUSES: usize = 0x18;
const SUBORDINATE: usize = 0x1a;
/// First and last I/O address, a byte each.
const IO: usize = 0x1c;
/// First and last memory address: bits 31 to 20 of each, in the upper bits of a half.
const MEMORY: usize = 0x20;
/// The same for memory that may be read ahead, and its upper halves.
const PREFETCHABLE: usize = 0x24;
const PREFETCHABLE_UPPER: [usize; 2] = [0x28, 0x2c];
/// The first address behind the last: nothing is passed on.
const NO_IO: u32 = 0x00f0;
const NO_MEMORY: u32 = 0x0000_fff0;

/// Bytes of the window of a bridge on bus 0, and how much smaller that of a bridge behind it is.
const WINDOW: u64 = 64 << 20;
const SMALLER: u64 = 4;
/// The least that a bridge can pass on.
const LEAST: u64 = 1 << 20;

/// Which of a bridge's `bars` holds the window of the functions behind it: one that its header has not.
const BEHIND: usize = 5;

impl Supervisor<'_> {
    /// Gives the windows of a function their places, apart from those of all others.
    // Not inlined: the apertures need much stack, and the caller would need it all the time.
    #[inline(never)]
    pub(crate) fn place(&self, reported: &FunctionInfo) -> Result<[BarInfo; 6], Error> {
        let function = self.configuration_of(reported)?;
        let mut apertures = Apertures::new();
        self.find_apertures(reported.address.bus(), &mut apertures)?;
        placement::place(&function, Header::DEVICE, reported, &mut apertures)
    }

    /// A bridge was found: its own windows, the number of the bus behind it, and the window for that.
    #[inline(never)]
    pub(crate) fn connect(&mut self, reported: &FunctionInfo) -> Result<u8, Error> {
        let bus = reported.address.bus();
        let bridge = self.configuration_of(reported)?;
        let last = self.bridges().count() as u8;
        let number = last + 1;
        let first = FunctionInfo {
            address: FunctionAddress::new(number, 0, 0),
            ..*reported
        };
        self.configuration_of(&first)
            .map_err(|_| Error::Exhausted)?;
        // The numbers behind each bridge above follow each other.
        for above in self.above(bus) {
            if self.numbers(&above?)?[2] != last {
                return Err(Error::Busy);
            }
        }
        let size = match self.bridge_to(bus) {
            Some(above) => above?.bars[BEHIND].length / SMALLER,
            None => WINDOW,
        };
        if size < LEAST {
            return Err(Error::Exhausted);
        }
        let mut apertures = Apertures::new();
        self.find_apertures(bus, &mut apertures)?;
        let mut bars = placement::place(&bridge, Header::BRIDGE, reported, &mut apertures)?;
        let base = aperture::allocate(&mut apertures, size, false)?;
        bars[BEHIND] = BarInfo { base, length: size };
        let timer = bridge.read32(BUSES)? & 0xff00_0000;
        let [primary, number_bits] = [bus, number].map(u32::from);
        let numbers = primary | number_bits << 8 | number_bits << 16 | timer;
        bridge.write(BUSES, 4, numbers)?;
        bridge.write(IO, 2, NO_IO)?;
        let edges = |base: u64| (base >> 16) as u32 & 0xfff0;
        bridge.write(MEMORY, 4, edges(base) | edges(base + size - 1) << 16)?;
        bridge.write(PREFETCHABLE, 4, NO_MEMORY)?;
        for upper in PREFETCHABLE_UPPER {
            bridge.write(upper, 4, 0)?;
        }
        for above in self.above(bus) {
            let above = self.configuration_of(&above?)?;
            above.write(SUBORDINATE, 1, number_bits)?;
        }
        bridge.pass_on()?;
        let known = FunctionInfo { bars, ..*reported };
        let device = Device {
            binding: BRIDGE,
            ..Device::new(Source::Function(known))
        };
        self.add(device).ok_or(Error::Exhausted)?;
        Ok(number)
    }

    /// The bus behind a bridge that is known.
    pub(crate) fn bus_behind(&self, bridge: &FunctionInfo) -> Result<u8, Error> {
        self.bridges()
            .find(|known| known.address == bridge.address)
            .ok_or(Error::NoDevice)
            .and_then(|known| Ok(self.numbers(known)?[1]))
    }

    /// The bridges that have a bus behind them.
    fn bridges(&self) -> impl Iterator<Item = &FunctionInfo> {
        let bridges = self
            .devices
            .iter()
            .filter(|device| device.binding == BRIDGE);
        bridges.filter_map(Device::function)
    }

    /// Primary, secondary and subordinate bus of a bridge.
    fn numbers(&self, bridge: &FunctionInfo) -> Result<[u8; 4], Error> {
        let function = self.configuration_of(bridge)?;
        Ok(function.read32(BUSES)?.to_le_bytes())
    }

    /// The bridge that a bus is behind; none for bus 0.
    fn bridge_to(&self, bus: u8) -> Option<Result<FunctionInfo, Error>> {
        if bus == 0 {
            return None;
        }
        let mut bridges = self.bridges();
        let found =
            bridges.find(|bridge| self.numbers(bridge).is_ok_and(|numbers| numbers[1] == bus));
        Some(found.copied().ok_or(Error::NotFound))
    }

    /// All bridges that a bus is behind, from the next one on.
    fn above(&self, bus: u8) -> impl Iterator<Item = Result<FunctionInfo, Error>> {
        let next = self.bridge_to(bus);
        core::iter::successors(next, |bridge| {
            let bridge = bridge.as_ref().ok()?;
            self.bridge_to(bridge.address.bus())
        })
    }

    /// Where the windows of the functions on a bus may be: the host bridge's windows, or that of the bridge that the
    /// bus is behind. What has its place on that bus is taken. They are added to an empty list of the caller's: it is
    /// large, and as a result it would be on the stack more than once.
    fn find_apertures(&self, bus: u8, apertures: &mut Apertures) -> Result<(), Error> {
        let mut add = |base, length| {
            let aperture = Aperture::new(base, length)?;
            apertures.push(aperture).map_err(|_| Error::Exhausted)
        };
        match self.bridge_to(bus) {
            Some(bridge) => {
                let window = bridge?.bars[BEHIND];
                add(window.base, window.length)?;
            }
            None => {
                for &grant in self.policy.host_bridge().ok_or(Error::NotFound)?.grants {
                    let info = self.root.grant(usize::from(grant))?;
                    if info.kind == GrantKind::Mmio {
                        add(info.base, info.length)?;
                    }
                }
            }
        }
        let known = self.devices.iter().filter_map(Device::function);
        let beside = known.filter(|known| known.address.bus() == bus);
        for bar in beside
            .flat_map(|known| known.bars)
            .filter(|bar| bar.length != 0)
        {
            for aperture in apertures.iter_mut() {
                aperture.reserve(bar.base, bar.length)?;
            }
        }
        Ok(())
    }

    /// A function's configuration space.
    fn configuration_of(&self, function: &FunctionInfo) -> Result<Function, Error> {
        let among = self.policy.host_bridge().ok_or(Error::NotFound)?.grants;
        let base = function::config_base(&self.root, among, function)?;
        let place = self
            .root
            .covering(among, GrantKind::Config, base, function::CONFIG_SIZE)?;
        Ok(Function::new(&self.root, place))
    }
}
