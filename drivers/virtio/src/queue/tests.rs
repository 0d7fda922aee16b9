//! The queue against a device that keeps the rules, and one that does not.

use super::*;
use driver_testing::virtio::Virtio;
use driver_testing::{Memory, Offer};
use userlib::runtime::{Core, Device};

const SIZE: usize = 4;

/// Runs a test with a queue and its device.
fn with(test: fn(&mut Queue<'_, SIZE>, &mut Virtio)) {
    let memory = Memory::new(4096);
    let offer = Offer::new("pci", 0, 0).with_pool(&memory);
    let run = move |device: &Device<'_, Core>| {
        let mut queue = Queue::new(&mut device.dma_pool()?)?;
        let master = device.bus_master()?;
        let places = queue.places(&master);
        for (place, align) in places.iter().zip([16, 2, 4]) {
            assert!(place.is_multiple_of(align), "{place:#x}");
        }
        let mut device = Virtio::running(&memory, places, SIZE as u16);
        test(&mut queue, &mut device);
        Ok(())
    };
    offer.bind(run).unwrap();
}

/// A piece at this address.
const fn piece(address: u64, length: u32, written: bool) -> Piece<'static> {
    Piece {
        address,
        length,
        written,
        buffer: PhantomData,
    }
}

#[test]
fn chains_arrive_as_they_were_offered() {
    with(|queue, device| {
        let pieces = [
            piece(0x1000, 10, false),
            piece(0x2000, 20, true),
            piece(0x3000, 1, true),
        ];
        let token = queue.offer(&pieces).unwrap();
        let (number, seen) = device.take().unwrap();
        let pieces = pieces.map(|piece| (piece.address, piece.length, piece.written));
        assert_eq!((Token(number), &seen[..]), (token, &pieces[..]));
        assert_eq!(queue.take(), Ok(None));
        device.give(u32::from(number), 21);
        assert_eq!(queue.take(), Ok(Some((token, 21))));
        assert_eq!((queue.take(), queue.in_flight()), (Ok(None), 0));
    });
}

#[test]
fn descriptors_come_again_also_past_the_end_of_the_counters() {
    with(|queue, device| {
        let (one, two) = ([piece(1, 1, true)], [piece(2, 2, false), piece(3, 3, true)]);
        // In another order than they were offered in, for more than the 65536 that the indices count.
        for round in 0..40_000 {
            let first = queue.offer(&one).unwrap();
            let second = queue.offer(&two).unwrap();
            assert_eq!(queue.offer(&two).err(), Some(Error::Exhausted), "{round}");
            let numbers = [device.take().unwrap().0, device.take().unwrap().0];
            for (token, number) in [(second, numbers[1]), (first, numbers[0])] {
                device.give(u32::from(number), 1);
                assert_eq!(queue.take(), Ok(Some((token, 1))), "{round}");
            }
        }
    });
}

#[test]
fn a_chain_has_pieces_and_those_that_are_read_come_first() {
    with(|queue, device| {
        assert_eq!(queue.offer(&[]).err(), Some(Error::Invalid));
        let wrong = [piece(1, 1, true), piece(2, 2, false)];
        assert_eq!(queue.offer(&wrong).err(), Some(Error::Invalid));
        let long = [piece(1, 1, true); SIZE + 1];
        assert_eq!(queue.offer(&long).err(), Some(Error::Exhausted));
        assert!(device.take().is_none(), "nothing of them is offered");
    });
}

#[test]
fn nothing_that_the_device_says_is_believed() {
    // A chain that it has not got, the middle of one, one that does not exist, more bytes than there are.
    for (number, length) in [
        (0, 1),
        (3, 0),
        (4, 0),
        (u32::MAX, 0),
        (2, 31),
        (2, u32::MAX),
    ] {
        check(number, length, None, Err(Error::Protocol));
    }
    // More chains than were offered.
    check(2, 30, Some(2), Err(Error::Protocol));
    check(2, 30, Some(u16::MAX), Err(Error::Protocol));
    // It says nothing wrong.
    check(2, 30, None, Ok(Some((Token(2), 30))));
    check(2, 30, Some(0), Ok(None));
}

/// One chain of descriptors 2, 1 and 0 is offered; this comes back, and so many chains are said to have come.
fn check(
    number: u32,
    length: u32,
    count: Option<u16>,
    outcome: Result<Option<(Token, u32)>, Error>,
) {
    let memory = Memory::new(4096);
    let offer = Offer::new("pci", 0, 0).with_pool(&memory);
    let run = move |device: &Device<'_, Core>| {
        let mut queue = Queue::<SIZE, ()>::new(&mut device.dma_pool()?)?;
        let master = device.bus_master()?;
        let mut device = Virtio::running(&memory, queue.places(&master), SIZE as u16);
        let pieces = [piece(1, 9, false), piece(2, 10, true), piece(3, 20, true)];
        assert_eq!(queue.offer(&pieces), Ok(Token(2)));
        device.give(number, length);
        if let Some(count) = count {
            device.count(count);
        }
        assert_eq!(queue.take(), outcome, "{number} {length} {count:?}");
        Ok(())
    };
    offer.bind(run).unwrap();
}

#[test]
fn a_piece_is_a_buffer_or_the_first_of_it() {
    let memory = Memory::new(4096);
    let offer = Offer::new("pci", 0, 0).with_pool(&memory);
    let run = move |device: &Device<'_, Core>| {
        let buffer = device.dma_pool()?.buffer::<u32>(5)?;
        let master = device.bus_master()?;
        let address = buffer.device_address(&master);
        assert_eq!(Piece::read(&buffer, &master), piece(address, 20, false));
        let written = Piece::written(&buffer, &master);
        assert_eq!(written.first(7), piece(address, 7, true));
        assert_eq!(written.first(21), piece(address, 20, true));
        assert_eq!(written.part(4, 16), Ok(piece(address + 4, 16, true)));
        for (offset, length) in [(5, 16), (21, 0), (usize::MAX, 2)] {
            assert_eq!(written.part(offset, length), Err(Error::Invalid));
        }
        Ok(())
    };
    offer.bind(run).unwrap();
}

/// What is the device's comes back with its own chain, in whatever order, and also when the chain is refused.
#[test]
fn the_queue_keeps_the_buffers_of_each_chain() {
    type Kept<'cap> = DmaBuffer<'cap, u32, Theirs>;
    let memory = Memory::new(4096);
    let offer = Offer::new("pci", 0, 0).with_pool(&memory);
    let run = move |device: &Device<'_, Core>| {
        let mut pool = device.dma_pool()?;
        let mut queue = Queue::<SIZE, Kept<'_>>::new(&mut pool)?;
        let master = device.bus_master()?;
        let mut model = Virtio::running(&memory, queue.places(&master), SIZE as u16);
        let mut tokens = vec![];
        for number in 0..3 {
            let mut buffer = pool.buffer::<u32>(4)?.owned();
            buffer.write(0, number)?;
            let given = queue.give(buffer.to_device(&master), |buffer| {
                Ok([Piece::written_theirs(buffer, &master)])
            });
            tokens.push(given.map_err(|(error, _)| error)?);
        }
        let refused = queue.give(pool.buffer(1)?.owned().to_device(&master), |buffer| {
            Ok([Piece::written_theirs(buffer, &master); 2])
        });
        let (error, buffer) = refused.expect_err("there is one descriptor");
        assert_eq!(error, Error::Exhausted);
        assert_eq!(pool.free(buffer.from_device()), Ok(()));
        let chains = [(); 3].map(|()| model.take().unwrap());
        for number in [2, 0, 1] {
            let (first, pieces) = &chains[number];
            memory.write(pieces[0].0 + 4, &7_u32.to_le_bytes());
            model.give(u32::from(*first), 8);
            let used = queue.take_back()?.unwrap();
            assert_eq!((used.token, used.written), (tokens[number], 8));
            let buffer = used.buffers.from_device();
            assert_eq!((buffer.read(0), buffer.read(1)), (Ok(number as u32), Ok(7)));
        }
        Ok(())
    };
    offer.bind(run).unwrap();
}
