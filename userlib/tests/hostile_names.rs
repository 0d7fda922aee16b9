//! What the macros expand to means the same in a scope where every usual name is another thing.
#![forbid(unsafe_code)]
#![allow(
    dead_code,
    non_camel_case_types,
    unreachable_pub,
    reason = "names that are there to be in the way"
)]

mod scope {
    macro_rules! in_the_way {
        ($($name:ident)*) => {$( pub struct $name; )*};
    }
    in_the_way! {
        Option Result Some None Ok Err Clone Debug Default Device Error From Into Lendable Lender
        Loan Message Peer PhantomData Reader Receiver Request Tag Writer WriteLoan ReadLoan Answer
        Deferred bool u16 u32 u64 usize str core std self_ ForLt Family
    }

    mod real {
        pub use ::core::primitive::{u8, u32 as word};
        pub use ::core::result::Result;
    }

    #[::userlib::ipc::interface]
    pub trait Port {
        fn configure(
            &mut self,
            writer: real::word,
            peer: real::u8,
        ) -> real::Result<real::word, ::userlib::Error>;
        fn send(&mut self, message: &[u8]) -> real::Result<(), ::userlib::Error>;
        #[deferred]
        fn wait(&mut self, words: &mut [u8]) -> real::Result<real::word, ::userlib::Error>;
    }

    #[derive(::userlib::auxiliary::Lendable, ::userlib::for_lt::CovariantFamily)]
    #[for_lt(crate = ::userlib::for_lt)]
    pub struct Payload<'a> {
        pub to: real::word,
        pub from: ::userlib::auxiliary::Lent<'a, real::word>,
    }

    #[derive(::core::default::Default)]
    pub struct Nobody;
    impl ::userlib::runtime::Driver for Nobody {
        type State = ::userlib::ForLt!((Payload<'_>, ::core::cell::Cell<&real::word>));
        fn probe<'cap>(
            &self,
            _: &::userlib::runtime::Device<'cap, ::userlib::runtime::Core>,
        ) -> real::Result<(Payload<'cap>, ::core::cell::Cell<&'cap real::word>), ::userlib::Error>
        {
            real::Result::Err(::userlib::Error::NoDevice)
        }
    }
    ::userlib::driver!(Nobody);
}

#[test]
fn the_expansions_compile_and_mean_the_same() {
    use userlib::for_lt::CovariantForLt;
    fn is_covariant<F: CovariantForLt>() {}
    is_covariant::<scope::Payload<'static>>();
    assert_eq!(
        scope::PortClient::connect("port").err(),
        Some(userlib::Error::Denied),
        "there is no such task on the host"
    );
}
