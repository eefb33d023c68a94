//! The power of a number with the exponent 65537, by Montgomery's multiplication: what is done, and for how long, depends on
//! the length of the modulus and on nothing else.

/// A number, the lowest limb first.
type Number = Vec<u64>;

/// `number ^ 65537 mod modulus`, all of one length and the highest byte first; the modulus is odd and the larger.
pub fn of(number: &[u8], modulus: &[u8]) -> Vec<u8> {
    let field = Field::new(limbs(modulus));
    let number = limbs(number);
    let mut power = field.shifted(number.clone());
    for _ in 0..16 {
        power = field.product(&power, &power);
    }
    // The last factor is as it was given, so the product is no Montgomery form any more.
    let bytes: Vec<u8> =
        field.product(&power, &number).iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    bytes[bytes.len() - modulus.len()..].to_vec()
}

/// The numbers below a modulus.
struct Field {
    modulus: Number,
    /// `-1 / modulus` modulo the size of a limb.
    inverse: u64,
}

impl Field {
    fn new(modulus: Number) -> Self {
        // Newton's iteration: an odd number is its own inverse in three bits, and each step doubles them.
        let inverse = (0..5).fold(modulus[0], |inverse, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(modulus[0].wrapping_mul(inverse)))
        });
        Self { modulus, inverse: inverse.wrapping_neg() }
    }

    /// The number times the size of the field, doubled once for each bit.
    fn shifted(&self, mut number: Number) -> Number {
        for _ in 0..self.modulus.len() * 64 {
            let mut carry = 0;
            for limb in &mut number {
                let doubled = *limb << 1 | carry;
                carry = *limb >> 63;
                *limb = doubled;
            }
            number = self.reduced(number, carry);
        }
        number
    }

    /// The product of two numbers, divided by the size of the field.
    fn product(&self, a: &Number, b: &Number) -> Number {
        let mut sum = vec![0_u64; a.len()];
        let mut above = 0;
        for &factor in b {
            let low = add_product(&mut sum, a, factor);
            let quotient = sum[0].wrapping_mul(self.inverse);
            let high = add_product(&mut sum, &self.modulus, quotient);
            // The lowest limb is zero now, and goes.
            sum.rotate_left(1);
            let top = u128::from(above) + u128::from(low) + u128::from(high);
            if let Some(last) = sum.last_mut() {
                *last = top as u64;
            }
            above = (top >> 64) as u64;
        }
        self.reduced(sum, above)
    }

    /// The number, with this much above its limbs, less the modulus if it is not below it; it is below twice the modulus.
    fn reduced(&self, number: Number, above: u64) -> Number {
        let mut borrow = 0;
        let less: Number = number
            .iter()
            .zip(&self.modulus)
            .map(|(&limb, &modulus)| {
                let (limb, first) = limb.overflowing_sub(modulus);
                let (limb, second) = limb.overflowing_sub(borrow);
                borrow = u64::from(first | second);
                limb
            })
            .collect();
        // All ones where the number was below the modulus.
        let keep = (borrow & !above & 1).wrapping_neg();
        number.iter().zip(less).map(|(&limb, less)| limb & keep | less & !keep).collect()
    }
}

/// Adds the number so many times; what does not fit is returned.
fn add_product(sum: &mut [u64], number: &[u64], times: u64) -> u64 {
    let mut carry = 0;
    for (limb, &factor) in sum.iter_mut().zip(number) {
        let wide = u128::from(factor) * u128::from(times) + u128::from(*limb) + u128::from(carry);
        *limb = wide as u64;
        carry = (wide >> 64) as u64;
    }
    carry
}

fn limbs(bytes: &[u8]) -> Number {
    bytes.rchunks(8).map(|chunk| chunk.iter().fold(0, |limb, &byte| limb << 8 | u64::from(byte))).collect()
}
