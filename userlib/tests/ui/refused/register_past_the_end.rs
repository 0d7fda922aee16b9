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

userlib::registers! {
    /// Sixteen bytes.
    pub struct Long: 16 {
        /// The last one is past the end.
        pub channels: [ReadWrite<u32>; 3] = 0x04 step 8;
    }
}

userlib::registers! {
    /// Sixteen bytes.
    pub struct Close: 16 {
        /// One lies over the other.
        pub channels: [ReadWrite<u32>; 3] = 0x04 step 2;
    }
}

userlib::registers! {
    /// Sixteen bytes.
    pub struct Wide: 16 {
        /// There are none of such a width.
        pub sum: ReadWrite<u128> = 0;
    }
}

fn main() {}
