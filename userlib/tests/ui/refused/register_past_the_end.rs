//! A block with registers that are not in it, or not aligned; none of them is used.
userlib::registers! {
    /// Eight bytes.
    pub struct Block: 8 {
        /// Fits.
        pub status: ReadOnly<u32> = 0x04;
        /// Half of it is past the end.
        pub address: ReadWrite<u64> = 0x08;
    }
}

userlib::registers! {
    /// Eight bytes.
    pub struct Crooked: 8 {
        /// In the middle of two.
        pub control: WriteOnly<u32> = 0x02;
    }
}

fn main() {}
