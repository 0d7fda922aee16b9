//! Arguments that do not fit the registers of a message.
use userlib::Error;
use userlib::ipc::interface;

#[interface]
pub trait Long {
    fn send(&mut self, bytes: [u8; 65]) -> Result<(), Error>;
}

fn main() {
    let mut client = LongClient::connect("peer").unwrap();
    let _ = client.send([0; 65]);
}
