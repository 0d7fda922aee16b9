//! From a sample to a temperature: `pvt_calc_temp` of Linux `drivers/hwmon/mr75203.c`.

/// The controller's clock in Hz.
const CLOCK: u32 = 73_728_000;

/// Coefficients of the TH1520, in thousandths of a degree (`moortec,ts-coeff-…` of its device tree), and the number by
/// which samples are divided.
const G: i64 = 42_740;
const H: i64 = 220_500;
const J: i64 = -160;
const CAL5: i64 = 4094;

/// Cycles of the controller's clock in one of the sensor's: what Linux finds for this clock, so that the sensor has 4
/// to 8 MHz. 2 to 514 are possible.
const CYCLES: u32 = 12;

/// The clock synthesiser's register: low and high part of the sensor's clock, how long its strobe holds, and that it is
/// on.
pub const SYNTHESIS: u32 = {
    let beyond = CYCLES - 2;
    beyond.div_ceil(2) | (beyond / 2) << 8 | (beyond / 2) << 16 | 1 << 24
};

/// A sample as thousandths of a degree Celsius.
pub fn temperature(sample: u16) -> i32 {
    let megahertz_thousandths = i64::from(CLOCK / CYCLES) * J / 1_000_000;
    let value = G + H * i64::from(sample) / CAL5 - H / 2 + megahertz_thousandths;
    // A sample has 16 bits: at most 3.5 million.
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_samples_are_what_the_formula_says() {
        // 6.144 MHz · -160 = -983; worked out by hand.
        assert_eq!(temperature(0), 42_740 - 110_250 - 983);
        assert_eq!(temperature(4094), 42_740 + 110_250 - 983);
        assert_eq!(temperature(2047), 42_740 - 983);
        assert_eq!(temperature(u16::MAX), 42_740 + 3_529_669 - 110_250 - 983);
    }

    #[test]
    fn the_clock_s_parts_are_those_of_the_division() {
        let [low, high, hold, on] = SYNTHESIS.to_le_bytes();
        assert_eq!(u32::from(low) + 1 + u32::from(high) + 1, CYCLES);
        assert_eq!((hold, on), (high, 1));
        assert!((4_000_000..=8_000_000).contains(&(CLOCK / CYCLES)));
    }
}
