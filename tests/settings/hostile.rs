//! Documents that are none, or too much of one, and files that are no files.

use ripsaw::sink::Memory;
use ripsaw::{Builder, Document, DocumentErrors, FileError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn wrong(text: &str) -> DocumentErrors {
    Document::parse(text).expect_err(text)
}

#[test]
fn what_is_no_toml_at_all_gives_one_error() {
    let cases = [
        (
            "{\n  \"level\": \"info\",\n  \"routes\": [\n    {\"sink\": \"stdout\"}\n  ]\n}\n",
            "looks like JSON",
        ),
        (
            "level: info\nroutes:\n  - sink: stdout\n    format: json\n  - sink: stderr\n",
            "looks like YAML",
        ),
        ("---\nlevel: info\n", "looks like YAML"),
        (
            "<!DOCTYPE html>\n<html><head><title>404</title></head>\n<body>level = \"info\"</body></html>\n",
            "HTML or XML",
        ),
        ("<<<<<<< HEAD\nlevel = \"info\n=======\nlevel = \"debug\n>>>>>>> x\n", "a merge"),
        (
            "Dear sir,\n\nI tell you that this is no configuration.\nRegards,\nme = you\n",
            "is no TOML",
        ),
        ("[DEFAULT]\nlevel = info\n; comment\n[handlers]\nkeys=console\n", "is no TOML"),
        ("\u{0}\u{1}\u{2}\n\u{3}=\u{4}\n\u{5}\n", "is no TOML"),
    ];
    for (text, said) in cases {
        let errors = wrong(text);
        assert_eq!(errors.errors().len(), 1, "{text}: {errors}");
        assert!(errors.to_string().contains(said), "{errors}");
    }
}

#[test]
fn a_broken_line_gives_one_error_and_nothing_that_follows_from_it() {
    // Cut off in the middle of a text.
    let errors = wrong("level = \"info\"\n[[routes]]\nsink = \"stdo");
    assert_eq!(errors.errors().len(), 1, "{errors}");
    assert_eq!(errors.errors()[0].line, 3);
    // What the broken line would have said is not missed; other lines are told of.
    let errors = wrong(
        "levle = 'info'\nservice_name = 'x'\n[[routes]]\nsink = = 'file'\n[[sampling]]\nfirst = 'x'\n",
    );
    let places: Vec<_> = errors.errors().iter().map(|e| (e.line, e.key.as_str())).collect();
    assert_eq!(places, [(1, "levle"), (4, ""), (6, "sampling[0].first")], "{errors}");
    // A zero byte in a text.
    let errors = wrong("level = \"in\0fo\"\nservice_name = 'x'\n");
    assert_eq!(errors.errors().len(), 1, "{errors}");
    let errors = wrong("level = 'info'\nlevel = 'debug'\nservice_name = 'x'\nservice_name = 'y'\n");
    assert_eq!(errors.errors().iter().map(|e| e.line).collect::<Vec<_>>(), [2, 4], "{errors}");
}

#[test]
fn marks_of_other_editors_change_no_place() {
    let errors = wrong("\u{feff}level = \"inof\"\r\n[engine]\r\nclok = 1\r\n");
    let places: Vec<_> = errors.errors().iter().map(|e| (e.line, e.key.as_str())).collect();
    assert_eq!(places, [(1, "level"), (3, "engine.clok")], "{errors}");
    assert!(Document::parse("\u{feff}level = 'info'\r\n").is_ok());
}

#[test]
fn large_documents_are_taken_or_answered_in_time() {
    // Each is near the most that a file may have; what they are made into is searched one by one.
    let entries = |n: usize, entry: &str| -> String {
        (0..n).map(|i| entry.replace('#', &i.to_string())).collect()
    };
    for (text, said) in [
        ("[[routes]]\nsink='null'\n".repeat(100_000), "routes: has 100000 entries"),
        (
            "[[routes]]\nsink='null'\n".repeat(300),
            "routes[256]: is one of 300 routes; use at most 256",
        ),
        (format!("[levels]\n{}", entries(70_000, "a#='off'\n")), "levels: has 70000 entries"),
        (
            format!("format={{kind='json',last=[{}]}}", entries(90_000, "'a#',")),
            "format.last: has 90000",
        ),
        (
            format!("routes=[{{sink='null',filter={{any=[{}]}}}}]", "{},".repeat(300_000)),
            "any: has 300000",
        ),
        (
            format!("routes=[{{sink='null',filter.{}level='info'}}]", "not.".repeat(200_000)),
            "recursion limit",
        ),
        (
            format!(
                "processors=[{{kind='add_field',key='x',value={}1{}}}]",
                "[".repeat(9_000),
                "]".repeat(9_000)
            ),
            "max recursion depth",
        ),
        (
            format!("format.kind='json'\n[format.constants.x]\n{}", entries(80_000, "a#=1\n")),
            "format: has 80000 entries in constants, last and rename together; use at most 512",
        ),
        (
            format!(
                "[format]\nkind='json'\nlast=[{}]\n[format.rename]\n{}",
                entries(4000, "'a#',"),
                entries(4000, "x#='y#'\n")
            ),
            "format: has 8000 entries in constants, last and rename together",
        ),
        ("level=\n".repeat(140_000), "is no TOML"),
        ("=".repeat(1 << 17), "is no TOML"),
    ] {
        let errors = wrong(&text);
        let shown: String = errors.to_string().chars().take(400).collect();
        assert!(shown.contains(said), "{shown}");
        assert!(errors.errors().len() < 5, "{shown}");
    }
    assert!(Document::parse(&format!("[levels]\n{}", entries(4096, "a#='off'\n"))).is_ok());
    // What it is made into holds no copy of a long name for each item below it.
    let name = "a".repeat(500_000);
    let filter = format!("filter.fields.{name}.in=[{}]", "1,".repeat(4000));
    let document = Document::parse(&format!("[[routes]]\nsink='null'\n{filter}")).unwrap();
    assert!(document.explain("a", ripsaw::Level::Info).len() < 2000);
    let errors = wrong(&format!("format={{kind='json',keys={{{name}=[{}]}}}}", "'',".repeat(4000)));
    assert_eq!(errors.errors().len(), 1);
    // The name of a key is shown in part.
    let errors = wrong(&format!("{} = 1", "a".repeat(1 << 20)));
    assert!(errors.errors()[0].key.len() < 300);
}

#[test]
fn of_very_many_errors_some_thousands_are_told_and_the_others_counted() {
    let entries = |n: usize| -> String { (0..n).map(|i| format!("k{i}=1\n")).collect() };
    let errors = wrong(&format!("[[processors]]\n{}", entries(100_000)));
    let errors = errors.errors();
    assert_eq!(errors.len(), 4097);
    // That the kind is missing is one, too.
    assert_eq!(errors[4096].remedy, "95905 more errors are not shown");
    // Lines that are no TOML are told of before what may follow from them.
    let errors = wrong(&format!("level = 'info'\n{}x = = 1\n", entries(6000)));
    let told = errors.errors().iter().find(|error| error.remedy.starts_with("is no TOML"));
    assert_eq!(told.map(|error| error.line), Some(6002), "{errors}");
    assert!(errors.errors().last().unwrap().remedy.ends_with("more errors are not shown"));
}

#[cfg(feature = "patterns")]
#[test]
fn expressions_are_bounded_in_number_and_size() {
    let entries = |n: usize, entry: &str| -> String {
        (0..n).map(|i| entry.replace('#', &i.to_string())).collect()
    };
    let redact =
        |patterns: String| format!("[[processors]]\nkind='redact'\npatterns=[{patterns}]\n");
    // However they are spread, and with literals, all of which are looked for at once.
    let one = redact(entries(32, "{expression='a#',literals=['a#']},"));
    assert!(Document::parse(&one.repeat(2)).is_ok());
    let errors = wrong(&format!("{}{}", one.repeat(2), redact("{expression='b'}".to_owned())));
    assert_eq!(errors.errors().len(), 1, "{errors}");
    assert!(errors.to_string().contains("use at most 64"), "{errors}");
    let errors = wrong(&redact("{expression='\\w{100}'}".to_owned()));
    assert!(errors.to_string().contains("size limit"), "{errors}");
}

#[test]
fn secrets_at_the_wrong_key_are_not_shown() {
    const TOKENS: [&str; 4] = [
        "hf_AbCdEfGh12345678",
        "correct horse battery staple and more of it",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "AKIAIOSFODNN7EXAMPLE",
    ];
    for token in TOKENS {
        for text in [
            format!("level = '{token}'"),
            format!(
                "engine = {{ clock = '{token}', arena_bytes = '{token}', max_delay = '{token}' }}"
            ),
            format!("overflow = {{ default = '{token}' }}"),
            format!("routes = [{{ sink = '{token}', queue_bytes = '{token}' }}]"),
            format!("format = '{token}'"),
            format!("format = {{ kind = 'pattern', pattern = '{{{token}' }}"),
            format!("processors = [{{ kind = 'redact', hash_key = '{token}' }}]"),
            format!("levels = {{ a = '{token}' }}"),
        ] {
            let errors = wrong(&text);
            assert!(!errors.to_string().contains(token), "{errors}");
            assert!(!format!("{:?}", errors.errors()).contains(token), "{errors}");
        }
        let errors = wrong(&format!("level = '{token}'"));
        let said = format!("(text of {} characters)", token.chars().count());
        assert_eq!(errors.errors()[0].value.as_deref(), Some(&*said));
    }
    // What is a slip is shown.
    assert!(wrong("level = 'informational'").to_string().contains("\"informational\""));
    // A key of hashes stands in no error and in no dump.
    let text = "processors = [{ kind = 'redact', hash_key = '0123456789abcdef0123456789abcdef' }]";
    assert!(!format!("{:?}", Document::parse(text).unwrap()).contains("0123456789"));
    assert!(
        !wrong("processors = [{ kind = 'redact', hash_key = 'abc' }]")
            .to_string()
            .contains("\"abc\"")
    );
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ripsaw-hostile-{}-{name}", std::process::id()))
}

#[test]
fn files_that_are_no_documents_neither_hang_nor_fill_memory() {
    let fifo = scratch("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let large = scratch("large");
    std::fs::write(&large, "#\n".repeat(600_000)).unwrap();
    // Without a block on the disk.
    let sparse = scratch("sparse");
    std::fs::File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    let bytes = scratch("bytes");
    std::fs::write(&bytes, b"level = 'info'\nservice_name = 'caf\xe9'\n").unwrap();
    let memory = Memory::new();
    let guard = ripsaw::builder().sink(memory.clone()).start_local().unwrap();
    for (path, said) in [
        (fifo.as_path(), "it is a pipe; name a file"),
        (Path::new("/dev/zero"), "it is a device; name a file"),
        (&std::env::temp_dir(), "it is a directory; name a file"),
        (&large, "it has 1200000 bytes, and at most 1048576 are read"),
        (&sparse, "and at most 1048576 are read"),
        (&bytes, "it is no UTF-8: byte 34, in line 2"),
    ] {
        let wanted = format!("{} cannot be read: {said}", path.display());
        let wanted = wanted.replace(": and", ": it has 1099511627776 bytes, and");
        for error in [
            Document::read(path).err().unwrap(),
            Builder::from_toml_file(path).err().unwrap(),
            guard.handle().reload_toml_file(path).unwrap_err(),
        ] {
            assert!(matches!(error, FileError::Read { .. }), "{error}");
            assert_eq!(error.to_string(), wanted);
        }
    }
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    assert_eq!(memory.text().matches("configuration refused").count(), 6);
    // A watch of such a file neither hangs nor ends, and takes what comes there.
    let watch = guard.handle().watch_toml(&fifo, Duration::from_millis(10)).unwrap();
    let other = scratch("other");
    std::fs::write(&other, "level = 'error'\nroutes = [{ sink = 'null' }]\n").unwrap();
    std::fs::rename(&other, &fifo).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while guard.handle().levels().to_string() != "error" {
        assert!(std::time::Instant::now() < deadline, "the watch has not taken the file");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(watch);
    // A file of exactly the most is read.
    std::fs::write(&large, "#\n".repeat(1 << 19)).unwrap();
    assert!(Document::read(&large).is_ok());
    for path in [fifo, large, sparse, bytes] {
        std::fs::remove_file(path).unwrap();
    }
}
