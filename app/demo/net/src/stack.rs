//! Interface and sockets, polled.

use crate::backlog::{Asked, Backlog};
use crate::memory::{BACKLOG, Buffers, DATAGRAMS, Places, STREAMS};
use crate::phy::{NoWire, Phy, Wire};
use crate::table::Table;
use class_network::MOST_FRAME;
use driver_interfaces::{Endpoint, NetworkStatus};
use smoltcp::iface::{
    Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet,
};
use smoltcp::socket::{Socket, dhcpv4, icmp, tcp, udp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpEndpoint, Ipv4Address};
use userlib::{sys, time};

/// Frames that are taken at one poll, so that a flood keeps nothing else from its turn.
const AT_ONCE: usize = 64;

/// The identifier of the stack's echo requests.
pub(crate) const ECHO: u16 = 0x4c48;

/// The first port that is given to who asks for none. Source: RFC 6335, section 6.
const FIRST_PORT: u16 = 49152;

/// How long a stream that nobody has any more may take to end.
const LINGER: Duration = Duration::from_secs(30);

/// How far the sockets' time goes forward when a new driver is there. What its former life had under way may be lost,
/// so nothing is won by waiting for it: this is longer than twice the second after which `smoltcp` sends again.
const LEAP: Duration = Duration::from_millis(2500);

/// The hardware address before there is a controller: one that is administered locally.
const NO_HARDWARE: [u8; 6] = [2, 0, 0, 0, 0, 0];

/// How often the other sides are nudged for a new driver: as many frames as a window has may be lost, and each nudge
/// brings back one.
const NUDGES: u8 = 16;

/// How long they are: later the other sides have sent again by themselves.
const NUDGES_TIME: Duration = Duration::from_secs(1);

/// Segments of a nudge. Three that say nothing new mean that a segment was lost (RFC 5681, section 3.2); the first may
/// tell of another window.
const SAYING_NOTHING: usize = 4;

/// The stack.
pub(crate) struct Stack {
    pub(crate) interface: Interface,
    pub(crate) sockets: SocketSet<'static>,
    pub(crate) table: Table,
    pub(crate) status: NetworkStatus,
    frames: &'static mut [[u8; MOST_FRAME]; 2],
    pub(crate) backlog: &'static mut Backlog<BACKLOG>,
    handles: [Option<SocketHandle>; STREAMS + DATAGRAMS],
    dhcp: SocketHandle,
    pub(crate) echo: SocketHandle,
    next_port: u16,
    /// What others cannot guess, if somebody gave it.
    seed: Option<u64>,
    /// How far the sockets' time is ahead of the board's.
    ahead: Duration,
    /// How often the other sides are still nudged, until when, and whether to begin.
    nudges: u8,
    nudges_end: Instant,
    is_new: bool,
}

/// A time in ticks, for `smoltcp`.
fn instant(ticks: u64, ahead: Duration) -> Instant {
    let milliseconds = ticks / time::ticks(1);
    Instant::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX)) + ahead
}

/// An endpoint of a client, for `smoltcp`.
pub(crate) fn endpoint(endpoint: Endpoint) -> IpEndpoint {
    IpEndpoint::new(
        IpAddress::Ipv4(Ipv4Address::from(endpoint.address)),
        endpoint.port,
    )
}

/// The other way round.
pub(crate) fn seen(endpoint: IpEndpoint) -> Endpoint {
    let IpAddress::Ipv4(address) = endpoint.addr;
    Endpoint::new(address.octets(), endpoint.port)
}

/// An interface with this address, whose first numbers come from `seed`.
fn interface(hardware: [u8; 6], seed: u64, frames: &mut [[u8; MOST_FRAME]; 2]) -> Interface {
    let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(hardware)));
    config.random_seed = seed;
    let mut phy = Phy {
        wire: None::<&mut NoWire>,
        frames,
        came: None,
    };
    Interface::new(config, &mut phy, instant(sys::time(), Duration::ZERO))
}

/// Whether a connection is asked for from this stack.
fn is_own(interface: &Interface, asked: &Asked) -> bool {
    interface.ipv4_addr().map(IpAddress::Ipv4) == Some(asked.to.addr)
}

/// Whether a socket takes the first segment of a connection now: it listens, or is that very connection.
fn takes(sockets: &SocketSet<'_>, asked: &Asked) -> bool {
    sockets.iter().any(|(_, socket)| {
        let Socket::Tcp(socket) = socket else {
            return false;
        };
        let ends = [socket.remote_endpoint(), socket.local_endpoint()];
        match socket.state() {
            tcp::State::Closed => false,
            tcp::State::Listen => socket.listen_endpoint().port == asked.to.port,
            _ => ends == [Some(asked.from), Some(asked.to)],
        }
    })
}

/// Lets the other side of each open stream send again at once what was lost, and not when its time for that is over:
/// by segments that say nothing new. R. Cáceres and L. Iftode, *Improving the Performance of Reliable Transport
/// Protocols in Mobile Computing Environments* (1995), do so for a computer that has a network again.
fn nudge<W: Wire>(
    interface: &mut Interface,
    phy: &mut Phy<'_, W>,
    sockets: &mut SocketSet<'static>,
    (streams, now): (&[Option<SocketHandle>], Instant),
) {
    for _ in 0..SAYING_NOTHING {
        for handle in streams.iter().flatten() {
            let stream = sockets.get_mut::<tcp::Socket<'_>>(*handle);
            if stream.state() == tcp::State::Established {
                // `smoltcp` has one such segment: that which keeps a connection alive. It is due at once, and once.
                stream.set_keep_alive(Some(LINGER));
                stream.set_keep_alive(None);
            }
        }
        interface.poll_egress(now, phy, sockets);
    }
}

impl Stack {
    /// No driver yet, and no address.
    pub(crate) fn new(buffers: &'static mut Buffers, places: &'static mut Places) -> Self {
        let Buffers {
            received,
            sent,
            datagrams,
            echo,
            frames,
            backlog,
        } = buffers;
        let mut sockets = SocketSet::new(&mut places.sockets[..]);
        let mut handles = [None; STREAMS + DATAGRAMS];
        let mut free = handles.iter_mut();
        for ((receive, send), handle) in received.iter_mut().zip(sent).zip(&mut free) {
            let socket = tcp::Socket::new(
                tcp::SocketBuffer::new(&mut receive[..]),
                tcp::SocketBuffer::new(&mut send[..]),
            );
            *handle = Some(sockets.add(socket));
        }
        let datagrams = datagrams.iter_mut().zip(&mut places.datagrams);
        for ((memory, places), handle) in datagrams.zip(&mut free) {
            let [receive, send] = memory;
            let [received, sent] = places;
            let socket = udp::Socket::new(
                udp::PacketBuffer::new(&mut received[..], &mut receive[..]),
                udp::PacketBuffer::new(&mut sent[..], &mut send[..]),
            );
            *handle = Some(sockets.add(socket));
        }
        let ([receive, send], [received, sent]) = (echo, &mut places.echo);
        let mut echo = icmp::Socket::new(
            icmp::PacketBuffer::new(&mut received[..], &mut receive[..]),
            icmp::PacketBuffer::new(&mut sent[..], &mut send[..]),
        );
        // It is not bound yet, and the identifier is one.
        let _ = echo.bind(icmp::Endpoint::Ident(ECHO));
        let echo = sockets.add(echo);
        let dhcp = sockets.add(dhcpv4::Socket::new());
        Self {
            interface: interface(NO_HARDWARE, 0, frames),
            sockets,
            table: Table::new(),
            status: NetworkStatus::default(),
            frames,
            backlog,
            handles,
            dhcp,
            echo,
            next_port: FIRST_PORT,
            seed: None,
            ahead: Duration::ZERO,
            nudges: 0,
            nudges_end: Instant::ZERO,
            is_new: false,
        }
    }

    /// Takes what others cannot guess into the numbers at which connections begin. Who does not know what was taken
    /// before does not know what comes of it.
    pub(crate) fn stir(&mut self, number: u64) {
        self.seed = Some(self.seed.unwrap_or_default() ^ number);
        if self.status.bindings != 0 {
            self.begin(self.status.hardware);
            userlib::log!("its numbers are random now");
        }
    }

    /// A new interface, which has the addresses of the former one. What it knew of neighbours it asks for again.
    fn begin(&mut self, hardware: [u8; 6]) {
        let seed = self.seed.unwrap_or_default() ^ sys::time();
        let former =
            core::mem::replace(&mut self.interface, interface(hardware, seed, self.frames));
        self.interface.update_ip_addrs(|addresses| {
            // It has room for as many.
            let _ = addresses.extend_from_slice(former.ip_addrs());
        });
        if self.status.router != [0; 4] {
            let router = Ipv4Address::from(self.status.router);
            // There is no other route.
            let _ = self.interface.routes_mut().add_default_ipv4_route(router);
        }
        self.next_port = FIRST_PORT | seed as u16 & 0x3fff;
    }

    /// A driver is there, for a controller with this address.
    pub(crate) fn bound(&mut self, hardware: [u8; 6]) {
        if self.status.bindings == 0 {
            self.begin(hardware);
            if self.seed.is_none() {
                userlib::log!("its numbers come from the clock");
            }
        } else {
            self.ahead += LEAP;
            (self.nudges, self.is_new) = (NUDGES, true);
            self.nudges_end = instant(sys::time(), self.ahead) + NUDGES_TIME;
        }
        if self.status.bindings != 0 && self.status.hardware != hardware {
            // Another controller, so perhaps another network.
            self.interface
                .set_hardware_addr(HardwareAddress::Ethernet(EthernetAddress(hardware)));
            self.sockets
                .get_mut::<dhcpv4::Socket<'_>>(self.dhcp)
                .reset();
        }
        self.status.hardware = hardware;
        self.status.is_bound = 1;
        self.status.bindings += 1;
    }

    /// The stream of this index.
    pub(crate) fn stream(&mut self, index: usize) -> Option<&mut tcp::Socket<'static>> {
        let handle = (*self.handles.get(index)?)?;
        Some(self.sockets.get_mut(handle))
    }

    /// The socket for datagrams of this index.
    pub(crate) fn datagrams(&mut self, index: usize) -> Option<&mut udp::Socket<'static>> {
        let handle = (*self.handles.get(index)?)?;
        Some(self.sockets.get_mut(handle))
    }

    /// Begins a connection. None: it cannot be.
    pub(crate) fn connect(&mut self, index: usize, to: Endpoint) -> Option<()> {
        let port = self.port();
        let handle = (*self.handles.get(index)?)?;
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        socket
            .connect(self.interface.context(), endpoint(to), port)
            .ok()
    }

    /// Another port that nobody asked for.
    pub(crate) fn port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = FIRST_PORT | port.wrapping_add(1) & 0x3fff;
        port
    }

    /// Whether there is an address.
    pub(crate) fn has_address(&self) -> bool {
        self.interface.ipv4_addr().is_some()
    }

    /// Takes and sends what there is at this time, in ticks: a bounded number of frames. Whether a socket has something
    /// new.
    pub(crate) fn poll<W: Wire>(&mut self, wire: Option<&mut W>, time: u64) -> bool {
        let now = instant(time, self.ahead);
        let mut phy = Phy {
            wire,
            frames: self.frames,
            came: None,
        };
        let (interface, sockets) = (&mut self.interface, &mut self.sockets);
        let mut changed = false;
        interface.poll_maintenance(now);
        self.backlog.expire(time);
        for _ in 0..AT_ONCE {
            if !phy.has_room() {
                break;
            }
            let waits = |asked: &Asked| {
                let port = asked.to.port;
                is_own(interface, asked) && self.table.listens(port, time) && !takes(sockets, asked)
            };
            phy.came = self.backlog.next(&mut phy.frames[0], waits);
            if phy.came.is_none() {
                let Some(frame) = phy.fetch() else {
                    break;
                };
                if self.backlog.keep(frame, time, waits) {
                    continue;
                }
            }
            match interface.poll_ingress_single(now, &mut phy, sockets) {
                PollIngressSingleResult::None => break,
                PollIngressSingleResult::PacketProcessed => {}
                PollIngressSingleResult::SocketStateChanged => changed = true,
            }
        }
        if phy.wire.is_some() {
            changed |=
                interface.poll_egress(now, &mut phy, sockets) == PollResult::SocketStateChanged;
            // What one nudge has brought may have more behind it.
            let is_time = self.nudges > 0 && now < self.nudges_end;
            if is_time && (changed || self.is_new) {
                self.nudges -= 1;
                self.is_new = false;
                nudge(
                    interface,
                    &mut phy,
                    sockets,
                    (&self.handles[..STREAMS], now),
                );
            }
        }
        self.configure();
        self.tidy();
        changed
    }

    /// When to poll next, in milliseconds from now, if nothing comes before.
    pub(crate) fn delay(&mut self) -> Option<u64> {
        let delay = self
            .interface
            .poll_delay(instant(sys::time(), self.ahead), &self.sockets)?;
        Some(delay.total_millis())
    }

    /// Takes over what DHCP said.
    fn configure(&mut self) {
        let event = match self.sockets.get_mut::<dhcpv4::Socket<'_>>(self.dhcp).poll() {
            None => return,
            Some(dhcpv4::Event::Deconfigured) => None,
            Some(dhcpv4::Event::Configured(config)) => {
                let server = config.dns_servers.first().copied();
                Some((config.address, config.router, server))
            }
        };
        self.interface
            .update_ip_addrs(|addresses| addresses.clear());
        self.interface.routes_mut().remove_default_ipv4_route();
        let status = &mut self.status;
        (status.address, status.router, status.name_server) = ([0; 4], [0; 4], [0; 4]);
        let Some((address, router, server)) = event else {
            userlib::log!("no address");
            return;
        };
        self.interface.update_ip_addrs(|addresses| {
            // It was emptied just now.
            let _ = addresses.push(IpCidr::Ipv4(address));
        });
        if let Some(router) = router {
            // There is no other route.
            let _ = self.interface.routes_mut().add_default_ipv4_route(router);
        }
        status.address = address.address().octets();
        status.prefix = u32::from(address.prefix_len());
        status.router = router.map_or([0; 4], |router| router.octets());
        status.name_server = server.map_or([0; 4], |server| server.octets());
        let [a, b, c, d] = status.address;
        userlib::log!("address {}.{}.{}.{}", a, b, c, d);
    }

    /// Lets streams end that nobody has any more: what still comes for them is dropped.
    fn tidy(&mut self) {
        for index in 0..STREAMS {
            if self.table.owner(index).is_none()
                && let Some(stream) = self.stream(index)
                && stream.can_recv()
            {
                let _ = stream.recv(|bytes| (bytes.len(), ()));
            }
        }
    }

    /// Whether a socket is free for another use. A stream that has ended on both sides only waits for stray segments.
    pub(crate) fn is_free(&self, index: usize) -> bool {
        let Some(Some(handle)) = self.handles.get(index) else {
            return false;
        };
        if index >= STREAMS {
            return !self.sockets.get::<udp::Socket<'_>>(*handle).is_open();
        }
        let state = self.sockets.get::<tcp::Socket<'_>>(*handle).state();
        matches!(state, tcp::State::Closed | tcp::State::TimeWait)
    }

    /// Whether a stream that was closed has nothing more to send: the other side has it, and has not closed.
    pub(crate) fn has_sent(&mut self, index: usize) -> bool {
        let stream = self.stream(index).filter(|_| index < STREAMS);
        stream.is_some_and(|stream| stream.state() == tcp::State::FinWait2)
    }

    /// Makes a socket as good as new for who takes it.
    pub(crate) fn prepare(&mut self, index: usize) {
        if let Some(stream) = self.stream(index).filter(|_| index < STREAMS) {
            stream.abort();
            stream.set_timeout(None);
            stream.set_nagle_enabled(false);
            stream.set_ack_delay(None);
        }
    }

    /// Its owner has no more use for a socket. A stream still sends what it has, for some time.
    pub(crate) fn close(&mut self, index: usize) {
        self.table.release(index);
        if index >= STREAMS {
            if let Some(datagrams) = self.datagrams(index) {
                datagrams.close();
            }
        } else if let Some(stream) = self.stream(index) {
            stream.close();
            stream.set_timeout(Some(LINGER));
        }
    }
}
