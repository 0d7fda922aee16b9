//! Buffers lent with a call: bounds, rights, steps.

use crate::model::{World, data};
use leasehold_abi::arguments::{self, BorrowInfo, BorrowRead, BorrowWrite, Reply};
use leasehold_abi::{Arguments, Borrow, Error};
use zerocopy::IntoBytes;

const SERVER: usize = 1;
const CLIENT: usize = 4;

#[test]
fn buffers_are_copied_within_their_bounds_and_rights() {
    let mut world = World::new();
    let (from, to) = (data(CLIENT), data(SERVER));
    world.write(from, b"0123456789abcdef");
    let client = world.call_with(&[
        Borrow {
            base: from,
            length: 10,
            rights: 1,
        },
        Borrow {
            base: from + 16,
            length: 4,
            rights: 2,
        },
    ]);
    assert_eq!(
        world.act(SERVER, BorrowInfo { client, index: 0 }),
        [0, 10, 1]
    );
    assert_eq!(
        world.act(SERVER, BorrowInfo { client, index: 1 }),
        [0, 4, 2]
    );
    assert_eq!(
        world.error(SERVER, BorrowInfo { client, index: 2 }),
        Error::NotFound
    );
    assert_eq!(
        world.act(
            SERVER,
            BorrowRead {
                client,
                index: 0,
                offset: 4,
                own: to,
                length: 100
            }
        ),
        [0, 6, 0]
    );
    assert_eq!(world.kernel.hardware.bytes(to, 7), b"456789\0");
    assert_eq!(
        world.act(
            SERVER,
            BorrowWrite {
                client,
                index: 1,
                offset: 1,
                own: to,
                length: 100
            }
        ),
        [0, 3, 0]
    );
    assert_eq!(world.kernel.hardware.bytes(from + 16, 5), b"\x00456\0");
    assert_eq!(
        world.act(
            SERVER,
            BorrowRead {
                client,
                index: 0,
                offset: 10,
                own: to,
                length: 1
            }
        ),
        [0, 0, 0]
    );
    assert_eq!(
        world.error(
            SERVER,
            BorrowRead {
                client,
                index: 0,
                offset: 11,
                own: to,
                length: 1
            }
        ),
        Error::Invalid
    );
    assert_eq!(
        world.error(
            SERVER,
            BorrowRead {
                client,
                index: 1,
                offset: 0,
                own: to,
                length: 1
            }
        ),
        Error::Denied
    );
    assert_eq!(
        world.error(
            SERVER,
            BorrowWrite {
                client,
                index: 0,
                offset: 0,
                own: to,
                length: 1
            }
        ),
        Error::Denied
    );
    // The server's side must be its own, and writable where it is written.
    for bad in [
        from,
        data(SERVER) - 1,
        data(SERVER) + 0xc00 - 5,
        usize::MAX - 2,
    ] {
        assert_eq!(
            world.error(
                SERVER,
                BorrowRead {
                    client,
                    index: 0,
                    offset: 0,
                    own: bad,
                    length: 6
                }
            ),
            Error::BadAddress
        );
    }
    assert_eq!(
        world.error(
            2,
            BorrowRead {
                client,
                index: 0,
                offset: 0,
                own: data(2),
                length: 6
            }
        ),
        Error::Dead
    );
    world.act(SERVER, Reply { client });
    assert_eq!(
        world.error(
            SERVER,
            BorrowRead {
                client,
                index: 0,
                offset: 0,
                own: to,
                length: 6
            }
        ),
        Error::Dead
    );
}

#[test]
fn a_client_cannot_lend_what_is_not_its_own() {
    let mut world = World::new();
    let to = data(SERVER);
    let buffers = [
        Borrow {
            base: data(3),
            length: 8,
            rights: 3,
        },
        Borrow {
            base: data(CLIENT) + 0xc00 - 4,
            length: 8,
            rights: 3,
        },
        Borrow {
            base: usize::MAX - 3,
            length: usize::MAX,
            rights: 3,
        },
        // Text is its own, but not to be written.
        Borrow {
            base: data(CLIENT) - 0x50,
            length: 8,
            rights: 3,
        },
    ];
    let client = world.call_with(&buffers);
    for index in 0..3 {
        assert_eq!(
            world.error(
                SERVER,
                BorrowRead {
                    client,
                    index,
                    offset: 0,
                    own: to,
                    length: 8
                }
            ),
            Error::BadAddress
        );
    }
    assert_eq!(
        world.error(
            SERVER,
            BorrowRead {
                client,
                index: 2,
                offset: 8,
                own: to,
                length: 8
            }
        ),
        Error::BadAddress
    );
    assert_eq!(
        world.act(
            SERVER,
            BorrowRead {
                client,
                index: 3,
                offset: 0,
                own: to,
                length: 8
            }
        ),
        [0, 8, 0]
    );
    assert_eq!(
        world.error(
            SERVER,
            BorrowWrite {
                client,
                index: 3,
                offset: 0,
                own: to,
                length: 8
            }
        ),
        Error::BadAddress
    );
}

#[test]
fn descriptors_are_checked_when_they_are_used() {
    let mut world = World::new();
    for at in [data(3), usize::MAX - 8, data(CLIENT) + 0xc00 - 8] {
        let server = world.handle(SERVER);
        world.act(
            CLIENT,
            arguments::Call {
                destination: server,
                borrows: at,
                count: 4,
            },
        );
        let client = world.handle(CLIENT);
        for index in [0, 3] {
            let to = data(SERVER);
            assert_eq!(
                world.error(
                    SERVER,
                    BorrowRead {
                        client,
                        index,
                        offset: 0,
                        own: to,
                        length: 1
                    }
                ),
                Error::BadAddress
            );
        }
        world.act(SERVER, Reply { client });
        world.rest();
    }
}

#[test]
fn one_copy_is_bounded() {
    let mut world = World::new();
    let client = world.call_with(&[Borrow {
        base: data(CLIENT),
        length: 0xc00,
        rights: 1,
    }]);
    let to = data(SERVER);
    assert_eq!(
        world.act(
            SERVER,
            BorrowRead {
                client,
                index: 0,
                offset: 0,
                own: to,
                length: 0xc00
            }
        ),
        [0, 1024, 0]
    );
    for (offset, to) in [(1, to), (0, to + 1), (7, to + 7)] {
        assert_eq!(
            world.act(
                SERVER,
                BorrowRead {
                    client,
                    index: 0,
                    offset,
                    own: to,
                    length: 0x800
                }
            ),
            [0, 128, 0]
        );
    }
}

/// Constants may be copied out of, and never into.
#[test]
fn a_server_s_own_constants_are_read_only() {
    let mut world = World::new();
    let client = world.call_with(&[Borrow {
        base: data(CLIENT),
        length: 8,
        rights: 3,
    }]);
    let constants = world.kernel.config_of(SERVER).text.base();
    let write = BorrowWrite {
        client,
        index: 0,
        offset: 0,
        own: constants,
        length: 8,
    };
    assert_eq!(world.act(SERVER, write), [0, 8, 0]);
    // The other call has the same arguments.
    let read = BorrowRead::from_registers(write.registers());
    assert_eq!(world.error(SERVER, read), Error::BadAddress);
}

/// A client may describe its buffers at any address: what is no multiple of a word is not loaded as one.
#[test]
fn a_descriptor_may_lie_at_any_address() {
    let mut world = World::new();
    for at in [data(CLIENT) + 0x200, data(CLIENT) + 0x301] {
        let buffer = Borrow {
            base: data(CLIENT),
            length: 10,
            rights: 1,
        };
        let bytes = buffer.as_bytes();
        world.write(at, bytes);
        let server = world.handle(SERVER);
        world.act(
            CLIENT,
            arguments::Call {
                destination: server,
                borrows: at,
                count: 1,
            },
        );
        let client = world.handle(CLIENT);
        let info = world.act(SERVER, BorrowInfo { client, index: 0 });
        assert_eq!(info, [0, 10, 1], "at {at:#x}");
        world.act(SERVER, Reply { client });
        world.rest();
    }
}
