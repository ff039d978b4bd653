//! The data door as a user meets it: exit codes, and not one personal value on the way out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for a test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Runs the binary in a folder: exit code, standard output and standard error.
fn underglass(folder: &Path, arguments: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(arguments.split(' ')).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// 400 rows: an amount, the age, an e-mail address, a duration of calls and an outcome.
fn applicants() -> String {
    let row = |row: usize| {
        let (amount, bad) = (row * 7919 % 997, row * 37 % 101 < 20 + row * 7919 % 997 / 20);
        format!("{amount},{},person{row}@example.org,{},{}\n", 18 + row % 60, row % 300, u8::from(bad))
    };
    let header = "amount,age,contact,duration,bad\n".to_owned();
    std::iter::once(header).chain((0..400).map(row)).collect()
}

#[test]
fn personal_data_stops_check_and_training_until_it_is_dropped() {
    let folder = folder("personal");
    std::fs::write(folder.join("data.csv"), applicants()).expect("written");
    for arguments in [
        "check data.csv",
        "check data.csv --target bad --json",
        "train risk --data data.csv --target bad --out model.json",
        "train risk --data data.csv --target contact --out model.json --json",
        "train risk --data data.csv --target bad --permit all --out model.json",
    ] {
        let (code, out, err) = underglass(&folder, arguments);
        assert_eq!(code, Some(3), "{arguments}: {out}{err}");
        assert!(format!("{out}{err}").contains("contact"), "{arguments}");
        assert!(!format!("{out}{err}").contains("example.org"), "{arguments}: {out}{err}");
        assert!(!folder.join("model.json").exists(), "{arguments}");
    }
    let (code, out, _) = underglass(&folder, "check data.csv --target bad --drop contact");
    assert_eq!(code, Some(0), "{out}");
    let (code, out, err) =
        underglass(&folder, "train risk --data data.csv --target bad --drop contact --out model.json");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.contains("age: set aside as audit-only") && err.contains("duration: set aside as audit-only"), "{err}");
    let (code, out, _) = underglass(&folder, "check data.csv --drop contact --schema model.json");
    assert_eq!(code, Some(0), "{out}");
    std::fs::write(folder.join("other.csv"), "amount,duration\n5,1\nmany,2\n").expect("written");
    let (code, out, _) = underglass(&folder, "check other.csv --schema model.json");
    assert_eq!(code, Some(3));
    assert!(out.contains("line 3, record 2, column \"amount\": found \"many\", expected a number"), "{out}");
}

#[test]
fn a_broken_file_and_a_broken_specification_name_every_place() {
    let folder = folder("broken");
    std::fs::write(folder.join("data.csv"), "a,b\n1\n2,3,4\n5,\"6\n").expect("written");
    let (code, out, _) = underglass(&folder, "check data.csv --json");
    assert_eq!(code, Some(3));
    for part in ["\"count\":3", "\"line\":2", "\"line\":3", "\"code\":\"unclosed_quote\""] {
        assert!(out.contains(part), "{part}: {out}");
    }
    std::fs::write(folder.join("sound.csv"), applicants()).expect("written");
    std::fs::write(folder.join("spec.toml"), "target = \"bad\"\n\n[[inputs]]\nnam = \"amount\"\n").expect("written");
    let (code, _, err) = underglass(&folder, "train risk --data sound.csv --spec spec.toml --out model.json");
    assert_eq!(code, Some(2));
    assert!(err.contains("spec.toml line 4: unknown field `nam`"), "{err}");
}

#[test]
fn a_file_is_scored_to_the_same_bytes_by_any_number_of_threads() {
    let folder = folder("score");
    std::fs::write(folder.join("data.csv"), applicants()).expect("written");
    let train = "train risk --data data.csv --target bad --drop contact --permit all --out model.json";
    let (code, out, err) = underglass(&folder, train);
    assert_eq!(code, Some(0), "{out}{err}");
    // Some megabytes, so that threads have several chunks to share.
    let all = applicants();
    let body = all.split_once('\n').expect("a header").1;
    std::fs::write(folder.join("many.csv"), format!("amount,age,contact,duration,bad\n{}", body.repeat(700)))
        .expect("written");
    for format in ["csv", "ndjson"] {
        for threads in [1, 3] {
            let arguments = format!(
                "score --artifact model.json --data many.csv --out {threads}.{format} --threads {threads} --format {format}"
            );
            let (code, out, err) = underglass(&folder, &arguments);
            assert_eq!(
                (code, out.trim()),
                (Some(0), format!("{threads}.{format}: 280000 rows scored").as_str()),
                "{err}"
            );
        }
        let read = |threads| std::fs::read(folder.join(format!("{threads}.{format}"))).expect("a result");
        assert_eq!(read(1), read(3));
    }
    let lines = std::fs::read_to_string(folder.join("1.csv")).expect("a result");
    assert!(lines.starts_with("row,margin,probability\n0,"), "{}", &lines[..100]);
    assert!(lines.trim_end().lines().last().is_some_and(|line| line.starts_with("279999,")));
    std::fs::write(folder.join("bad.csv"), all.replacen("\n0,", "\nnone,", 1)).expect("written");
    let (code, _, err) = underglass(&folder, "score --artifact model.json --data bad.csv --out bad.out");
    assert_eq!(code, Some(3));
    assert!(err.contains("bad.csv: line 2, record 1, column \"amount\": found \"none\", expected a number"), "{err}");
    assert!(!folder.join("bad.out").exists() && !folder.join("bad.out.part").exists());
}

#[test]
fn a_reader_that_has_had_enough_is_no_fault() {
    let folder = folder("closed");
    std::fs::write(folder.join("data.csv"), "amount,bad\n1,0\n2,1\n").expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
    command.current_dir(&folder).args(["check", "data.csv"]);
    let expected = command.output().expect("the binary runs");
    assert!(!expected.stdout.is_empty());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), expected.status.code());
}
