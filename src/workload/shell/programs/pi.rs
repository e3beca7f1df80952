//! The example Job of the Kubernetes documentation: `perl -Mbignum=bpi -wle "print bpi(2000)"`.

use crate::time::Span;

use super::super::block::Block;
use super::super::frame::Frame;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::not_simulated;

/// How long a real machine takes for 2,000 digits, more or less.
const COMPUTING_SPAN: Span = Span::secs(6);
/// The most digits that are computed.
const MOST_DIGITS: usize = 5_000;

/// Computes digits of pi, which takes a while and a processor; other Perl is not interpreted.
pub(super) fn perl(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let wanted =
        argv.iter().find_map(|word| word.split_once("bpi(")).and_then(|(_, rest)| rest.split_once(')'));
    match wanted.and_then(|(number, _)| number.trim().parse::<usize>().ok()) {
        Some(count) if (1..=MOST_DIGITS).contains(&count) => {
            task.frames.push(Frame::Program(vec!["echo".to_owned(), digits(count)]));
            Flow::Block(Block::Until { at: run.now + COMPUTING_SPAN, status: None, busy: true })
        }
        _ => not_simulated(task, run, argv),
    }
}

/// Pi with this many digits, by the spigot of Rabinowitz and Wagon.
fn digits(count: usize) -> String {
    // Some digits more than wanted: the last ones of the spigot are not reliable.
    let length = (count + 4) * 10 / 3 + 2;
    let mut remainders = vec![2_u64; length];
    let mut found = Vec::with_capacity(count + 4);
    let (mut held, mut nines) = (None, 0);
    while found.len() < count + 1 {
        let mut carry = 0;
        for (at, remainder) in remainders.iter_mut().enumerate().rev() {
            let (numerator, denominator) = (at as u64, 2 * at as u64 + 1);
            let sum = *remainder * 10 + carry;
            let divisor = if at == 0 { 10 } else { denominator };
            *remainder = sum % divisor;
            carry = sum / divisor * if at == 0 { 1 } else { numerator };
        }
        match carry {
            9 => nines += 1,
            10 => {
                found.extend(held.map(|digit: u64| digit + 1));
                found.extend(std::iter::repeat_n(0, nines));
                (held, nines) = (Some(0), 0);
            }
            digit => {
                found.extend(held);
                found.extend(std::iter::repeat_n(9, nines));
                (held, nines) = (Some(digit), 0);
            }
        }
    }
    let text: String =
        found.iter().take(count).filter_map(|digit| char::from_digit(*digit as u32, 10)).collect();
    match text.split_at_checked(1) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{whole}.{fraction}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_pi() {
        assert_eq!(digits(20), "3.1415926535897932384");
        // Six nines in a row, where a careless spigot goes wrong.
        assert!(digits(771).ends_with("999999837"));
    }
}
