//! The check digits of VAT numbers, country by country, as the national registers and the Commission's VIES describe them.
//! Each rule takes what follows the prefix: capital letters and digits only.

/// Is `body` a number that the country of this VAT prefix could have given out? `None` for a prefix without a known rule.
pub(super) fn is_valid(prefix: &str, body: &str) -> Option<bool> {
    let rule: fn(&[u8]) -> Option<bool> = match prefix {
        "AT" => austria,
        "BE" => belgium,
        "BG" => bulgaria,
        "CHE" => switzerland,
        "CY" => cyprus,
        "CZ" => czechia,
        "DE" => |b| Some(b.len() == 9 && b[0] != b'0' && mod_11_10(&digits(b)?)),
        "DK" => {
            |b| Some(b[0] != b'0' && weighted(b, &[2, 7, 6, 5, 4, 3, 2, 1])?.is_multiple_of(11))
        }
        "EE" => |b| Some(weighted(b, &[3, 7, 1, 3, 7, 1, 3, 7, 1])?.is_multiple_of(10)),
        "EL" => greece,
        "ES" => spain,
        "FI" => |b| Some(weighted(b, &[7, 9, 10, 5, 8, 4, 2, 1])?.is_multiple_of(11)),
        "FR" => france,
        "GB" | "XI" => united_kingdom,
        "HR" => |b| Some(b.len() == 11 && mod_11_10(&digits(b)?)),
        "HU" => |b| Some(weighted(b, &[9, 7, 3, 1, 9, 7, 3, 1])?.is_multiple_of(10)),
        "IE" => ireland,
        "IT" => italy,
        "LT" => lithuania,
        "LU" => |b| Some(b.len() == 8 && number(&b[..6])? % 89 == number(&b[6..])?),
        "LV" => latvia,
        "MT" => {
            |b| Some(b[0] != b'0' && weighted(b, &[3, 4, 6, 7, 8, 9, 10, 1])?.is_multiple_of(37))
        }
        "NL" => netherlands,
        "NO" => |b| Some(weighted(b, &[3, 2, 7, 6, 5, 4, 3, 2, 1])?.is_multiple_of(11)),
        "PL" => |b| Some(weighted(b, &[6, 5, 7, 2, 3, 4, 5, 6, 7, 10])?.is_multiple_of(11)),
        "PT" => portugal,
        "RO" => romania,
        "SE" => |b| Some(b.len() == 12 && number(&b[10..])? > 0 && luhn(&digits(&b[..10])?)),
        "SI" => slovenia,
        "SK" => slovakia,
        _ => return None,
    };
    Some(body.is_ascii() && !body.is_empty() && rule(body.as_bytes()).unwrap_or(false))
}

/// The digits' values; `None` when something else is among them.
fn digits(bytes: &[u8]) -> Option<Vec<u32>> {
    bytes.iter().map(|byte| char::from(*byte).to_digit(10)).collect()
}

fn number(bytes: &[u8]) -> Option<u64> {
    digits(bytes)?
        .iter()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(*digit)))
}

/// The sum of digits times weights; `None` unless there is a weight for each digit.
fn weighted(bytes: &[u8], weights: &[u32]) -> Option<u32> {
    let digits = digits(bytes)?;
    (digits.len() == weights.len()).then(|| dot(&digits, weights))
}

fn dot(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| if n % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064 MOD 11,10.
fn mod_11_10(digits: &[u32]) -> bool {
    let (last, rest) = digits.split_last().unwrap_or((&0, &[]));
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + last) % 10 == 1
}

/// The month and day of a birth number fit a calendar. Months are raised by 50 for women and by 20 when a day's numbers ran out.
fn has_birthday(digits: &[u32]) -> bool {
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    let month = if month > 50 { month - 50 } else { month };
    let month = if month > 20 { month - 20 } else { month };
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn austria(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes.strip_prefix(b"U")?)?;
    let [rest @ .., last] = digits.as_slice() else { return None };
    let sum: u32 = rest
        .iter()
        .enumerate()
        .map(|(n, digit)| if n % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    Some(rest.len() == 7 && (sum + 4 + last).is_multiple_of(10))
}

fn belgium(bytes: &[u8]) -> Option<bool> {
    Some(
        bytes.len() == 10
            && matches!(bytes[0], b'0' | b'1')
            && (number(&bytes[..8])? + number(&bytes[8..])?).is_multiple_of(97)
            && number(&bytes[..8])? > 0,
    )
}

fn bulgaria(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    let (last, rest) = digits.split_last()?;
    match rest.len() {
        8 => {
            let first = dot(rest, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
            let check =
                if first == 10 { dot(rest, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 } else { first };
            Some(check % 10 == *last)
        }
        9 => {
            let born = dot(rest, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == *last;
            let foreigner = dot(rest, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == *last;
            let other = (11 - dot(rest, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == *last;
            Some((born && has_bulgarian_birthday(rest)) || foreigner || other)
        }
        _ => None,
    }
}

/// Months are raised by 20 for the 19th century and by 40 for the 21st.
fn has_bulgarian_birthday(digits: &[u32]) -> bool {
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    (1..=12).contains(&(month % 20)) && month < 53 && (1..=31).contains(&day)
}

fn switzerland(bytes: &[u8]) -> Option<bool> {
    Some(weighted(bytes, &[5, 4, 3, 2, 7, 6, 5, 4, 1])?.is_multiple_of(11))
}

fn cyprus(bytes: &[u8]) -> Option<bool> {
    let (letter, rest) = bytes.split_last()?;
    if rest.len() != 8 || rest.starts_with(b"12") {
        return None;
    }
    let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let sum: u32 = digits(rest)?
        .iter()
        .enumerate()
        .map(|(n, digit)| if n % 2 == 0 { odd[*digit as usize] } else { *digit })
        .sum();
    Some(u32::from(*letter) == u32::from(b'A') + sum % 26)
}

fn czechia(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    let weights = [8, 7, 6, 5, 4, 3, 2];
    match digits.as_slice() {
        [rest @ .., last] if rest.len() == 7 => {
            let check = (11 - dot(rest, &weights) % 11) % 11;
            Some(rest[0] != 9 && (if check == 0 { 1 } else { check % 10 }) == *last)
        }
        [6, rest @ .., last] if rest.len() == 7 => {
            let check = dot(rest, &weights) % 11;
            Some((8 + check) % 10 == *last)
        }
        // Given out before 1954: without a check digit.
        [_, _, ..] if digits.len() == 9 => {
            Some(has_birthday(&digits) && !(54..80).contains(&(digits[0] * 10 + digits[1])))
        }
        _ => Some(digits.len() == 10 && is_birth_number(&digits)),
    }
}

/// A Czech or Slovak birth number of ten digits.
fn is_birth_number(digits: &[u32]) -> bool {
    let [rest @ .., last] = digits else { return false };
    let rest_number = rest.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(*digit));
    has_birthday(digits) && rest_number % 11 % 10 == u64::from(*last)
}

fn greece(bytes: &[u8]) -> Option<bool> {
    let sum = weighted(bytes.get(..8)?, &[256, 128, 64, 32, 16, 8, 4, 2])?;
    Some(bytes.len() == 9 && u64::from(sum % 11 % 10) == number(&bytes[8..])? && sum > 0)
}

fn spain(bytes: &[u8]) -> Option<bool> {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let [first, middle @ .., last] = bytes else { return None };
    if middle.len() != 7 {
        return None;
    }
    let personal = |number: u64| LETTERS[usize::try_from(number % 23).unwrap_or(0)] == *last;
    match first {
        b'0'..=b'9' => Some(personal(number(&bytes[..8])?)),
        b'X' | b'Y' | b'Z' => {
            Some(personal(u64::from(first - b'X') * 10_000_000 + number(middle)?))
        }
        b'K' | b'L' | b'M' => Some(personal(number(middle)?)),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            let digits = digits(middle)?;
            let sum: u32 = digits
                .iter()
                .enumerate()
                .map(|(n, digit)| if n % 2 == 1 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
                .sum();
            let check = (10 - sum % 10) % 10;
            let letter = b"JABCDEFGHI"[check as usize];
            let is_digit = u32::from(*last) == u32::from(b'0') + check;
            // Which kind of company has a letter and which a digit is told differently; both are taken.
            Some(is_digit || *last == letter)
        }
        _ => None,
    }
}

fn france(bytes: &[u8]) -> Option<bool> {
    const ALPHABET: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    if bytes.len() != 11 {
        return None;
    }
    let (key, siren) = bytes.split_at(2);
    let siren_number = number(siren)?;
    // Monaco's numbers begin with 000 and have no Luhn digit.
    if !siren.starts_with(b"000") && !luhn(&digits(siren)?) {
        return Some(false);
    }
    if let Some(key) = number(key) {
        return Some((siren_number * 100 + 12) % 97 == key);
    }
    let place = |byte: u8| ALPHABET.iter().position(|letter| *letter == byte);
    let (one, two) = (u64::try_from(place(key[0])?).ok()?, u64::try_from(place(key[1])?).ok()?);
    let check = if key[0].is_ascii_digit() {
        (one * 24 + two).checked_sub(10)?
    } else {
        (one * 34 + two).checked_sub(100)?
    };
    Some((siren_number + 1 + check / 11) % 11 == check % 11)
}

/// Companies, their branches (three more digits), government departments and health authorities.
fn united_kingdom(bytes: &[u8]) -> Option<bool> {
    if let [b'G', b'D', rest @ ..] = bytes {
        return Some(rest.len() == 3 && number(rest)? < 500);
    }
    if let [b'H', b'A', rest @ ..] = bytes {
        return Some(rest.len() == 3 && number(rest)? >= 500);
    }
    if bytes.len() == 12 {
        number(&bytes[9..])?;
    } else if bytes.len() != 9 {
        return None;
    }
    let rest = weighted(&bytes[..9], &[8, 7, 6, 5, 4, 3, 2, 10, 1])? % 97;
    // Numbers from 100 on are also given out with 55 taken off or put on.
    Some(number(&bytes[..9])? > 0 && (rest == 0 || (bytes[0] != b'0' && matches!(rest, 42 | 55))))
}

fn ireland(bytes: &[u8]) -> Option<bool> {
    const LETTERS: &[u8; 23] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let place = |byte: u8| {
        LETTERS
            .iter()
            .position(|letter| *letter == byte)
            .and_then(|place| u32::try_from(place).ok())
    };
    let (digits, extra, check) = match bytes {
        // Before 2013 also: a digit, a letter, five digits, the check letter.
        [first @ b'0'..=b'9', b'A'..=b'Z', middle @ .., check] if middle.len() == 5 => {
            let mut seven = vec![0];
            seven.extend(digits(middle)?);
            seven.push(u32::from(first - b'0'));
            (seven, 0, *check)
        }
        [rest @ .., check] if rest.len() == 7 => (digits(rest)?, 0, *check),
        [rest @ .., check, extra] if rest.len() == 7 => (digits(rest)?, place(*extra)?, *check),
        _ => return None,
    };
    let sum = dot(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * extra;
    Some(LETTERS[(sum % 23) as usize] == check)
}

fn italy(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    if digits.len() != 11 || bytes.starts_with(b"0000000") {
        return None;
    }
    let office = number(&bytes[7..10])?;
    Some((matches!(office, 1..=100 | 120 | 121 | 888 | 999)) && luhn(&digits))
}

fn lithuania(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    let (last, rest) = digits.split_last()?;
    let mark = match rest.len() {
        8 => rest[7],
        11 => rest[10],
        _ => return None,
    };
    let sum = |from: usize| {
        (from..)
            .zip(rest)
            .map(|(n, digit)| u32::try_from(n % 9).unwrap_or(0) * digit + digit)
            .sum::<u32>()
    };
    let check = match sum(0) % 11 {
        10 => sum(2) % 11 % 10,
        check => check,
    };
    Some(mark == 1 && check == *last)
}

fn latvia(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    if digits.len() != 11 {
        return None;
    }
    if digits[0] > 3 {
        return Some(dot(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3);
    }
    let (day, month) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]);
    // Since 2017 personal numbers begin with 32 and say nothing more.
    let has_date =
        day == 32 || ((1..=31).contains(&day) && (1..=12).contains(&month) && digits[6] <= 2);
    let sum = 1 + dot(&digits[..10], &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
    Some(has_date && sum % 11 % 10 == digits[10])
}

/// Nine digits with the eleven test, for companies; since 2020 the whole number modulo 97, for people.
fn netherlands(bytes: &[u8]) -> Option<bool> {
    let [main @ .., b'B', one, two] = bytes else { return None };
    if main.len() != 9 || number(&[*one, *two])? == 0 || number(main)? == 0 {
        return None;
    }
    let sum = weighted(&main[..8], &[9, 8, 7, 6, 5, 4, 3, 2])?;
    let is_company = u64::from(sum % 11) == number(&main[8..])?;
    // NL is 2321, B is 11.
    let whole = b"NL".iter().chain(bytes).try_fold(0_u64, |rest, byte| {
        Some(
            match byte {
                b'A'..=b'Z' => rest * 100 + u64::from(byte - b'A') + 10,
                _ => rest * 10 + u64::from(char::from(*byte).to_digit(10)?),
            } % 97,
        )
    })?;
    Some(is_company || whole == 1)
}

fn portugal(bytes: &[u8]) -> Option<bool> {
    let sum = weighted(bytes.get(..8)?, &[9, 8, 7, 6, 5, 4, 3, 2])?;
    let check = (11 - sum % 11) % 11 % 10;
    Some(bytes.len() == 9 && bytes[0] != b'0' && u64::from(check) == number(&bytes[8..])?)
}

fn romania(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    let (last, rest) = digits.split_last()?;
    if !(1..=9).contains(&rest.len()) || digits[0] == 0 {
        return None;
    }
    let sum = dot(rest, &[7, 5, 3, 2, 1, 7, 5, 3, 2][9 - rest.len()..]);
    Some(sum * 10 % 11 % 10 == *last)
}

fn slovenia(bytes: &[u8]) -> Option<bool> {
    let sum = weighted(bytes.get(..7)?, &[8, 7, 6, 5, 4, 3, 2])?;
    let check = match 11 - sum % 11 {
        10 => 0,
        // No number has this one.
        11 => return None,
        check => check,
    };
    Some(bytes.len() == 8 && bytes[0] != b'0' && u64::from(check) == number(&bytes[7..])?)
}

fn slovakia(bytes: &[u8]) -> Option<bool> {
    let digits = digits(bytes)?;
    if digits.len() != 10 {
        return None;
    }
    let is_company = digits[0] != 0
        && matches!(digits[2], 2 | 3 | 4 | 7 | 8 | 9)
        && number(bytes)?.is_multiple_of(11);
    Some(is_company || is_birth_number(&digits))
}
