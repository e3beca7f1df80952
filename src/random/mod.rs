//! Seeded randomness: one stream per actor and per link.
//!
//! A stream is named, so that what one component draws never shifts what another one gets: adding a node
//! does not change the pod names that the ReplicaSet controller picks. Only integers come out; chances are
//! ratios. ChaCha is used because its output is the same on every platform and in every version.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The letters that Kubernetes uses for generated names: no vowels, so no words
/// (`k8s.io/apimachinery/pkg/util/rand`).
const NAME_LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A named, seeded source of numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// The stream `name` of the run with this `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed ^ fnv1a(name.as_bytes())) }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        match n {
            0 => 0,
            // Multiply-shift: unbiased enough for n far below 2^64, and without a loop.
            _ => ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64,
        }
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// True `numerator` times out of `denominator`.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// `length` letters for a generated name, as `generateName` appends five.
    pub fn suffix(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(NAME_LETTERS[self.below(27) as usize])).collect()
    }

    /// A version 4 UUID, as `metadata.uid`.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48 & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

/// Encodes a hash with the letters of generated names, as `rand.SafeEncodeString` does for a
/// `pod-template-hash`: each character of the decimal form picks a letter.
pub fn safe_encode(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(NAME_LETTERS[usize::from(digit) % 27])).collect()
}

/// FNV-1a, 64 bits: a stable hash for names and contents (not for untrusted keys).
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// FNV-1a, 32 bits: the hash that Kubernetes uses for pod templates.
pub fn fnv1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_do_not_share() {
        let draw = |name: &str| Stream::new(7, name).suffix(12);
        assert_eq!(draw("apiserver"), draw("apiserver"));
        assert_ne!(draw("apiserver"), draw("scheduler"));
    }

    #[test]
    fn numbers_stay_in_range_and_reach_both_ends() {
        let mut stream = Stream::new(1, "range");
        let drawn: Vec<u64> = (0..200).map(|_| stream.between(3, 5)).collect();
        assert!(drawn.iter().all(|n| (3..=5).contains(n)));
        assert!(drawn.contains(&3) && drawn.contains(&5));
    }

    #[test]
    fn digits_become_the_letters_of_template_hashes() {
        assert_eq!(safe_encode(1_234_567_890), "56789bcdf4");
    }
}
