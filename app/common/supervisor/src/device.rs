//! The devices: chip's, PCI functions, auxiliary; and lending one to its driver.

use crate::function;
use crate::root::{Parts, Root};
use leasehold_abi::{
    Error, GrantKind, LeaseHandle, PayloadType, Rights, TaskHandle, WHOLE, label, names,
};
use userlib::policy::{Bind, DevicePolicy, Functions, Offer, Policy};
use userlib::supervisor::{DEVICE_NAME, FunctionInfo};
use userlib::sys::{self, LentPart};
use userlib::text::Text;

/// The fewest auxiliary devices that a task with `offers` has places for.
const AUXILIARIES: usize = 4;

/// A PCI function that no binding is of.
pub const UNBOUND: u8 = u8::MAX;

/// A PCI function that is a bridge to another bus, which no binding is of either. Who reports functions has no say in
/// it.
pub(crate) const BRIDGE: u8 = UNBOUND - 1;

/// Most functions behind a host bridge, bridges among them.
pub const FUNCTIONS: usize = 24;

/// Most devices that a board can have: the chip's, those that a bridge's driver discovers, those
/// that tasks offer.
pub const fn most(policy: &Policy) -> usize {
    let mut most = policy.devices.len();
    let mut task = 0;
    while task < policy.tasks.len() {
        most += places(policy, policy.tasks[task].offers);
        task += 1;
    }
    let mut device = 0;
    while device < policy.devices.len() {
        if policy.devices[device].discovers.is_some() {
            most += FUNCTIONS;
        }
        device += 1;
    }
    most
}

/// Places for the auxiliary devices of a task with these offers: as many as there are bindings of them, or offers. No
/// other task's are taken, however many it registers.
pub const fn places(policy: &Policy, offers: &[Offer]) -> usize {
    if offers.is_empty() {
        return 0;
    }
    let mut bound = 0;
    let mut task = 0;
    while task < policy.tasks.len() {
        let binds = policy.tasks[task].binds;
        let mut bind = 0;
        while bind < binds.len() {
            if let Bind::Auxiliary { label, .. } = binds[bind]
                && is_among(label, offers)
            {
                bound += 1;
            }
            bind += 1;
        }
        task += 1;
    }
    let mut places = AUXILIARIES;
    if bound > places {
        places = bound;
    }
    if offers.len() > places {
        places = offers.len();
    }
    places
}

/// Whether one of the offers has this label.
const fn is_among(label: u32, offers: &[Offer]) -> bool {
    let mut offer = 0;
    while offer < offers.len() {
        if offers[offer].label == label {
            return true;
        }
        offer += 1;
    }
    false
}

/// What a device is.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A device of the chip.
    Platform(&'static DevicePolicy),
    /// A PCI function.
    Function(FunctionInfo),
    /// A part of a driver's device that the driver offered.
    Auxiliary {
        /// The supervisor's lease on it.
        held: LeaseHandle,
        /// What of its parent's manifest entry it is.
        offer: &'static Offer,
        /// Instance number.
        id: u32,
        /// What its payload is.
        payload_type: PayloadType,
        /// When its end was announced: milliseconds since boot.
        ending: Option<u64>,
    },
}

/// A device and how it stands with it.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// What it is.
    pub source: Source,
    /// The lease lent to its driver.
    pub lent: Option<Lent>,
    /// A person took it away.
    pub held_back: bool,
    /// This life of its driver gave it back.
    pub refused_by: Option<TaskHandle>,
    /// Of a PCI function: the number of its binding among those of PCI functions, in the order of the tasks, or
    /// [`UNBOUND`], or that it is a bridge.
    pub binding: u8,
}

/// The bindings of PCI functions, in the order of the tasks: task, binding, and which function.
pub fn function_bindings(
    policy: &'static Policy,
) -> impl Iterator<Item = (usize, &'static Bind, &'static Functions)> {
    policy.tasks.iter().flat_map(|task| {
        task.binds.iter().filter_map(|bind| match bind {
            Bind::Pci { functions, .. } => Some((task.index, bind, functions)),
            _ => None,
        })
    })
}

/// A lease that a driver has.
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    /// The lease.
    pub lease: LeaseHandle,
    /// The driver's life that it was lent to.
    pub lessee: TaskHandle,
    /// Whether the supervisor has asked for it back.
    pub revoked: bool,
}

impl Device {
    /// A device that nobody has yet.
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            lent: None,
            held_back: false,
            refused_by: None,
            binding: UNBOUND,
        }
    }

    /// The PCI function that it is.
    pub fn function(&self) -> Option<&FunctionInfo> {
        match &self.source {
            Source::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Its name, as a person types it.
    pub fn name(&self) -> Text<DEVICE_NAME> {
        match &self.source {
            Source::Platform(device) => Text::of(device.name),
            Source::Function(function) => Text::of(function.id),
            Source::Auxiliary { offer, id, .. } => Text::of(format_args!("{}#{id}", offer.name)),
        }
    }

    /// The task that the manifest names for it, and how it binds.
    pub fn driver(&self, policy: &'static Policy) -> Option<(usize, &'static Bind)> {
        if self.function().is_some() {
            let (task, bind, _) = function_bindings(policy).nth(usize::from(self.binding))?;
            return Some((task, bind));
        }
        policy.tasks.iter().find_map(|task| {
            let bind = task.binds.iter().find(|bind| self.matches(bind))?;
            Some((task.index, bind))
        })
    }

    fn matches(&self, bind: &Bind) -> bool {
        match (&self.source, bind) {
            (Source::Platform(device), Bind::Platform { label, .. }) => device.label == *label,
            (
                Source::Auxiliary { offer, id, .. },
                Bind::Auxiliary {
                    label,
                    id: instance,
                    ..
                },
            ) => (offer.label, id) == (*label, instance),
            _ => false,
        }
    }

    /// Lends it to `lessee`, a task that runs. Returns the lease.
    ///
    /// # Errors
    /// Those of the kernel's lease calls. Nothing is lent then.
    // Not inlined: the parts need much stack, and the caller would need it all the time.
    #[inline(never)]
    pub fn lend(
        &self,
        root: &Root,
        policy: &Policy,
        bind: &Bind,
        lessee: TaskHandle,
    ) -> Result<LeaseHandle, Error> {
        let (parent, label, id, payload_type) = match &self.source {
            Source::Platform(device) => (root.handle(), device.label, 0, PayloadType::NONE),
            Source::Function(function) => {
                let bridge = policy.host_bridge().ok_or(Error::NotFound)?;
                (
                    root.handle(),
                    bridge.label,
                    function.id.instance(),
                    PayloadType::NONE,
                )
            }
            Source::Auxiliary {
                held,
                offer,
                id,
                payload_type,
                ..
            } => (*held, offer.label, *id, *payload_type),
        };
        let mut parts = Parts::new();
        self.add_parts(&mut parts, root, policy, bind)?;
        sys::lease_lend(parent, lessee.index(), label, id, payload_type, &parts)
    }

    fn add_parts(
        &self,
        parts: &mut Parts,
        root: &Root,
        policy: &Policy,
        bind: &Bind,
    ) -> Result<(), Error> {
        let add = |parts: &mut Parts, part| parts.push(part).map_err(|_| Error::Exhausted);
        let mut pools: &[u16] = &[];
        match (&self.source, bind) {
            (Source::Platform(device), bind) => {
                for &grant in device.grants {
                    let grant = usize::from(grant);
                    // The driver that discovers functions gets configuration space and nothing else.
                    if device.discovers.is_some() && root.grant(grant)?.kind != GrantKind::Config {
                        continue;
                    }
                    let mut rights = root.grant(grant)?.rights;
                    if device.discovers.is_some() {
                        // Only the supervisor writes it, so nobody gets that right from here.
                        rights -= Rights::WRITE;
                    }
                    add(parts, LentPart::new(grant, 0, WHOLE, rights))?;
                }
                if let Bind::Platform { pools: own, .. } = bind {
                    pools = own;
                }
            }
            (
                Source::Function(function),
                Bind::Pci {
                    dma,
                    writes,
                    pools: own,
                    ..
                },
            ) => {
                function::add(parts, root, policy, function, (*dma, *writes))?;
                pools = own;
            }
            (Source::Auxiliary { held, .. }, _) => {
                let grants = usize::from(sys::lease_info(*held)?.grants);
                for index in 0..grants {
                    let rights = sys::grant_info(*held, index)?.rights - Rights::LEND;
                    add(parts, LentPart::new(index, 0, WHOLE, rights))?;
                }
            }
            (Source::Function(_), _) => return Err(Error::Invalid),
        }
        for &pool in pools {
            let pool = root.whole(usize::from(pool))?;
            add(parts, pool.named(label(names::POOL)))?;
        }
        Ok(())
    }
}
