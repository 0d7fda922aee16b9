//! Methods that cannot be calls between tasks.
use userlib::ipc::interface;

#[interface]
trait Text {
    fn send(&mut self, text: &str) -> Result<(), Error>;
}

#[interface]
trait Written {
    fn fill(&mut self, value: &mut u32) -> Result<(), Error>;
}

#[interface]
trait Infallible {
    fn now(&mut self) -> u64;
}

#[interface]
trait Shared {
    fn now(&self) -> Result<u64, Error>;
}

#[interface]
trait Generic<T> {
    fn send(&mut self, value: T) -> Result<(), Error>;
}

#[interface]
trait Own {
    fn send(&mut self, value: [u8; size_of::<Self>()]) -> Result<(), Error>;
}

#[interface(first = 0)]
trait Zero {
    fn send(&mut self) -> Result<(), Error>;
}

#[interface(last = 9)]
trait Last {
    fn send(&mut self) -> Result<(), Error>;
}

#[interface(first = 17)]
trait Odd {
    fn send(&mut self) -> Result<(), Error>;
}

#[interface(first = 32768)]
trait High {
    fn send(&mut self) -> Result<(), Error>;
}

fn main() {}
