//! Operators and the like, which need no engine.

use super::eval::{Run, raise, unknown};
use super::value::{Val, lock};

/// Functions and classes that need no import.
const BUILTINS: [&str; 35] = [
    "print",
    "range",
    "len",
    "str",
    "int",
    "float",
    "bool",
    "repr",
    "list",
    "dict",
    "tuple",
    "set",
    "sorted",
    "enumerate",
    "zip",
    "isinstance",
    "type",
    "min",
    "max",
    "sum",
    "any",
    "all",
    "object",
    "round",
    "abs",
    "getattr",
    "hasattr",
    "timed_block",
    "shutdown_pyvider_telemetry",
    "performance_processor",
    "sensitive_data_processor",
    "RedactProcessor",
    "KubernetesEmojiSet",
    "WebEmojiSet",
    "DatabaseEmojiSet",
];

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

pub(super) fn unary(op: &str, value: &Val) -> Run<Val> {
    Ok(match (op, value) {
        ("not", value) => Val::Bool(!value.truth()),
        ("-", Val::Int(v)) => Val::Int(-v),
        ("-", Val::Float(v)) => Val::Float(-v),
        ("+", Val::Int(_) | Val::Float(_)) => value.clone(),
        _ => return unknown(format!("`{op}` of this")),
    })
}

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(v) => Some(*v as f64),
        Val::Float(v) => Some(*v),
        Val::Bool(v) => Some(f64::from(u8::from(*v))),
        _ => None,
    }
}

pub(super) fn binary(left: &Val, op: &str, right: &Val) -> Run<Val> {
    match op {
        "==" => return Ok(Val::Bool(left.equals(right))),
        "!=" => return Ok(Val::Bool(!left.equals(right))),
        "is" => return Ok(Val::Bool(left.repr() == right.repr())),
        "is not" => return Ok(Val::Bool(left.repr() != right.repr())),
        "in" => return contains(right, left).map(Val::Bool),
        "not in" => return contains(right, left).map(|found| Val::Bool(!found)),
        _ => {}
    }
    match (left, right) {
        (Val::Int(a), Val::Int(b)) => integers(*a, op, *b),
        (Val::Str(a), Val::Str(b)) => match op {
            "+" => Ok(Val::Str(format!("{a}{b}"))),
            "<" => Ok(Val::Bool(a < b)),
            ">" => Ok(Val::Bool(a > b)),
            "<=" => Ok(Val::Bool(a <= b)),
            ">=" => Ok(Val::Bool(a >= b)),
            "%" => Ok(Val::Str(ripsaw_printf(a, std::slice::from_ref(right)))),
            _ => unknown(format!("`{op}` of texts")),
        },
        (Val::Str(text), Val::Int(n)) | (Val::Int(n), Val::Str(text)) if op == "*" => {
            Ok(Val::Str(text.repeat(usize::try_from(*n).unwrap_or(0))))
        }
        (Val::Str(text), Val::Tuple(args)) if op == "%" => Ok(Val::Str(ripsaw_printf(text, args))),
        (Val::Str(text), arg) if op == "%" => {
            Ok(Val::Str(ripsaw_printf(text, std::slice::from_ref(arg))))
        }
        (Val::List(a), Val::List(b)) if op == "+" => {
            let joined = lock(a).iter().chain(lock(b).iter()).cloned().collect();
            Ok(Val::list(joined))
        }
        (Val::Dict(_), Val::Dict(_)) if op == "|" => {
            let merged = Val::dict([]);
            for (key, value) in entries(left)?.into_iter().chain(entries(right)?) {
                put(&merged, key, value);
            }
            Ok(merged)
        }
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => floats(a, op, b),
            _ => raise("TypeError", format!("unsupported operand type(s) for {op}")),
        },
    }
}

fn integers(a: i128, op: &str, b: i128) -> Run<Val> {
    let whole = match op {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "//" | "%" | "/" if b == 0 => {
            let what = if op == "%" { "integer modulo by zero" } else { "division by zero" };
            let what = if op == "//" { "integer division or modulo by zero" } else { what };
            return raise("ZeroDivisionError", what);
        }
        "//" => Some(a.div_euclid(b)),
        "%" => Some(a.rem_euclid(b)),
        "**" if b >= 0 => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        _ => return floats(a as f64, op, b as f64),
    };
    whole.map_or_else(|| unknown("an integer beyond 128 bits"), |v| Ok(Val::Int(v)))
}

fn floats(a: f64, op: &str, b: f64) -> Run<Val> {
    Ok(match op {
        "+" => Val::Float(a + b),
        "-" => Val::Float(a - b),
        "*" => Val::Float(a * b),
        "/" if b == 0.0 => return raise("ZeroDivisionError", "division by zero"),
        "/" => Val::Float(a / b),
        "//" => Val::Float((a / b).floor()),
        "%" => Val::Float(a.rem_euclid(b)),
        "**" => Val::Float(a.powf(b)),
        "<" => Val::Bool(a < b),
        ">" => Val::Bool(a > b),
        "<=" => Val::Bool(a <= b),
        ">=" => Val::Bool(a >= b),
        _ => return unknown(format!("the operator `{op}`")),
    })
}

fn contains(whole: &Val, part: &Val) -> Run<bool> {
    Ok(match whole {
        Val::Str(text) => text.contains(&part.text()),
        whole => items(whole)?.iter().any(|item| item.equals(part)),
    })
}

/// `text % args`, or the texts one behind the other if they do not fit.
fn ripsaw_printf(text: &str, args: &[Val]) -> String {
    crate::session::printf(text, args)
}

/// What a loop goes over.
pub(super) fn items(value: &Val) -> Run<Vec<Val>> {
    Ok(match value {
        Val::List(items) => lock(items).clone(),
        Val::Tuple(items) | Val::Set(items) => items.clone(),
        Val::Str(text) => text.chars().map(|c| Val::Str(c.to_string())).collect(),
        Val::Dict(entries) => lock(entries).iter().map(|(key, _)| key.clone()).collect(),
        _ => return raise("TypeError", format!("{} is not iterable", value.repr())),
    })
}

pub(super) fn entries(value: &Val) -> Run<Vec<(Val, Val)>> {
    match value {
        Val::Dict(entries) => Ok(lock(entries).clone()),
        _ => raise("TypeError", "argument after ** must be a mapping"),
    }
}

/// Sets an entry of a dictionary.
pub(super) fn put(dict: &Val, key: Val, value: Val) {
    if let Val::Dict(entries) = dict {
        let mut entries = lock(entries);
        match entries.iter_mut().find(|(k, _)| k.equals(&key)) {
            Some((_, old)) => *old = value,
            None => entries.push((key, value)),
        }
    }
}

fn position(index: &Val, length: usize) -> Run<usize> {
    let Val::Int(index) = index else { return raise("TypeError", "indices must be integers") };
    let at = if *index < 0 { index + length as i128 } else { *index };
    match usize::try_from(at) {
        Ok(at) if at < length => Ok(at),
        _ => raise("IndexError", "list index out of range"),
    }
}

pub(super) fn item(base: &Val, index: &Val) -> Run<Val> {
    match base {
        Val::Dict(entries) => {
            let found = lock(entries).iter().find(|(k, _)| k.equals(index)).map(|(_, v)| v.clone());
            found.map_or_else(|| raise("KeyError", index.text()), Ok)
        }
        _ => {
            let mut items = items(base)?;
            let at = position(index, items.len())?;
            Ok(items.swap_remove(at))
        }
    }
}

pub(super) fn slice(base: &Val, start: Option<Val>, end: Option<Val>) -> Run<Val> {
    let all = items(base)?;
    let bound = |value: Option<Val>, other: usize| match value {
        Some(Val::Int(v)) if v < 0 => usize::try_from(v + all.len() as i128).unwrap_or(0),
        Some(Val::Int(v)) => usize::try_from(v).unwrap_or(0).min(all.len()),
        _ => other,
    };
    let (start, end) = (bound(start, 0), bound(end, all.len()));
    let part = all.get(start..end.max(start)).unwrap_or(&[]).to_vec();
    Ok(match base {
        Val::Str(_) => Val::Str(part.iter().map(Val::text).collect()),
        Val::Tuple(_) => Val::Tuple(part),
        _ => Val::list(part),
    })
}

/// A value in an f-string.
pub(super) fn formatted(value: &Val, conversion: char, spec: &str) -> Run<String> {
    let text = if conversion == 'r' { value.repr() } else { value.text() };
    if spec.is_empty() {
        return Ok(text);
    }
    let fixed = spec.strip_suffix('f').and_then(|s| s.strip_prefix('.'));
    if let (Some(digits), Some(number)) =
        (fixed.and_then(|d| d.parse::<usize>().ok()), number(value))
    {
        return Ok(format!("{number:.digits$}"));
    }
    let zero = spec.starts_with('0');
    match spec.trim_end_matches('d').trim_start_matches(['<', '>']).parse::<usize>() {
        Ok(width) if zero => Ok(format!("{text:0>width$}")),
        Ok(width) if spec.starts_with('>') || number(value).is_some() => {
            Ok(format!("{text:>width$}"))
        }
        Ok(width) => Ok(format!("{text:<width$}")),
        Err(_) => unknown(format!("the format `{spec}`")),
    }
}
