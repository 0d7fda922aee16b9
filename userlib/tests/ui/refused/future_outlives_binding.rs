//! A request's future, which borrows the state, is kept in the driver, which lives on.
use std::cell::RefCell;
use std::pin::Pin;
use userlib::interrupt::Interrupt;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt, future::Lock};

#[derive(Default)]
struct Keeper {
    kept: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>,
}

struct State<'cap>(Lock<Interrupt<'cap>>);

impl AsyncDriver for Keeper {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        Ok(State(Lock::new(device.interrupt(0)?)))
    }

    async fn request<'cap>(
        &self,
        state: &State<'cap>,
        _: &Device<'cap, Bound>,
        _: &Request<'_>,
    ) -> Answer {
        let wait = async { state.0.lock().await.wait().await };
        *self.kept.borrow_mut() = Some(Box::pin(wait));
        Answer::error(Error::Busy)
    }
}
userlib::driver!(async Keeper);
