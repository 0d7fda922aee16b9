//! Arguments that do not fit the registers of a message, and results that have no other way back.
use userlib::Error;
use userlib::ipc::interface;

#[interface]
pub trait Long {
    fn send(&mut self, bytes: [u8; 65]) -> Result<(), Error>;
    fn full(&mut self, a: &[u8], b: &[u8], c: &[u8], d: &[u8]) -> Result<[u8; 65], Error>;
    #[deferred]
    fn later(&mut self) -> Result<[u8; 65], Error>;
}

fn main() {
    let mut client = LongClient::connect("peer").unwrap();
    let _ = client.send([0; 65]);
    let _ = client.full(&[], &[], &[], &[]);
    let _ = client.later();
}
