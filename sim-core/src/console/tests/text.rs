//! Ages, columns, differences, `sed`.

use expect_test::expect;

use super::bench::Bench;
use crate::console::age::{
    human, parse_duration, parse_interval, parse_timestamp, rfc1123, timestamp,
};
use crate::console::sed::Script;
use crate::console::{diff, table};
use crate::time::{SimDuration, SimTime};

#[test]
fn ages_lose_precision_as_they_grow() {
    for (secs, expected) in [
        (0, "0s"),
        (29, "29s"),
        (119, "119s"),
        (120, "2m"),
        (362, "6m2s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (50 * 3600, "2d2h"),
        (9 * 86_400, "9d"),
    ] {
        assert_eq!(human(SimDuration::from_secs(secs)), expected);
    }
}

#[test]
fn times_have_a_calendar() {
    let at = |secs| SimTime::from_secs(secs);
    assert_eq!(timestamp(at(0)), "2026-01-05T09:00:00Z");
    assert_eq!(timestamp(at(-1)), "2026-01-05T08:59:59Z");
    assert_eq!(rfc1123(at(86_400 * 60)), "Fri, 06 Mar 2026 09:00:00 +0000");
    for secs in [-86_400 * 400, -1, 0, 59, 86_399, 86_400 * 55, 86_400 * 800] {
        assert_eq!(parse_timestamp(&timestamp(at(secs))), Some(at(secs)));
    }
    assert_eq!(parse_timestamp("soon"), None);
}

#[test]
fn durations_are_read_as_flags_take_them() {
    for (text, expected) in [
        ("30s", Ok(Some(30_000))),
        ("1m30s", Ok(Some(90_000))),
        ("1.5h", Ok(Some(5_400_000))),
        ("250ms", Ok(Some(250))),
        ("0", Ok(Some(0))),
        ("-5s", Ok(None)),
        ("", Err("invalid")),
        ("s", Err("invalid")),
        ("99999999h", Err("invalid")),
        ("5", Err("missing unit in")),
        ("5x", Err("unknown unit \"x\" in")),
    ] {
        let length = parse_duration(text);
        let millis = length.map(|length| length.map(|length| length.as_micros() / 1000));
        let expected = expected.map_err(|what| format!("time: {what} duration \"{text}\""));
        assert_eq!(millis, expected, "{text}");
    }
}

#[test]
fn intervals_are_read_as_sleep_takes_them() {
    for (text, expected) in [
        ("30", Some(30_000)),
        ("0.5", Some(500)),
        (".5s", Some(500)),
        ("2m", Some(120_000)),
        ("1d", Some(86_400_000)),
        ("", None),
        ("m", None),
        ("5ms", None),
        ("1m30s", None),
        ("1e3", None),
        ("-1", None),
        ("inf", None),
    ] {
        let millis = parse_interval(text).map(|length| length.as_micros() / 1000);
        assert_eq!(millis, expected, "{text}");
    }
}

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let text = "A:\tx\nLong:\ty\tz\nno tab\nB:\tw\n";
    expect![[r#"
        A:     x
        Long:  y  z
        no tab
        B:  w
    "#]]
    .assert_eq(&table::align(text, table::DESCRIBE));
    let rows = [["NAME", "AGE"], ["a", "5s"], ["longer-name", "6m2s"]];
    let rows: Vec<Vec<String>> = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    expect![[r#"
        NAME          AGE
        a             5s
        longer-name   6m2s
    "#]]
    .assert_eq(&table::rows(rows));
}

#[test]
fn differences_are_printed_in_both_forms() {
    let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
    let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nl\nm\n";
    expect![[r#"
        2c2
        < b
        ---
        > B
        11d10
        < k
        12a12
        > m
    "#]]
    .assert_eq(&diff::normal(old, new));
    expect![[r#"
        --- old
        +++ new
        @@ -1,5 +1,5 @@
         a
        -b
        +B
         c
         d
         e
        @@ -8,5 +8,5 @@
         h
         i
         j
        -k
         l
        +m
    "#]]
    .assert_eq(&diff::unified("old", "new", old, new));
    assert_eq!(diff::unified("old", "new", old, old), "");
    expect![[r#"
        --- none
        +++ new
        @@ -0,0 +1,2 @@
        +x
        +y
    "#]]
    .assert_eq(&diff::unified("none", "new", "", "x\ny\n"));
}

#[test]
fn sed_runs_the_scripts_of_every_option_e_in_order() {
    let mut bench = Bench::empty();
    bench.run("echo ab > file && sed -i -e s/a/b/ -e s/b/c/ -e s/b/d/ file");
    assert_eq!(bench.file("file"), Some("cd\n"));
}

#[test]
fn sed_edits_lines() {
    for (script, expected) in [
        ("s/a/X/", Some("Xbab\ncd\nef\n")),
        ("s/a/X/g", Some("XbXb\ncd\nef\n")),
        ("s|b$|/|", Some("aba/\ncd\nef\n")),
        ("s/A/x/I", Some("xbab\ncd\nef\n")),
        (r"s/\(.\)\(.\)/\2\1/", Some("baab\ndc\nfe\n")),
        ("s/[ce]/<&>/", Some("abab\n<c>d\n<e>f\n")),
        ("/c/d", Some("abab\nef\n")),
        ("2,3d", Some("abab\n")),
        ("$d", Some("abab\ncd\n")),
        ("1s/a/x/;2d", Some("xbab\nef\n")),
        ("s/x.y/+/", Some("abab\ncd\nef\n")),
        ("y/a/b/", None),
        ("s/a/b", None),
        ("s/[/b/", None),
        ("s/x*/-/g", Some("-a-b-a-b-\n-c-d-\n-e-f-\n")),
    ] {
        let edited = Script::parse(&[script.to_owned()], false, false)
            .ok()
            .map(|s| s.apply("abab\ncd\nef\n"));
        assert_eq!(edited.as_deref(), expected, "{script}");
    }
}

#[test]
fn sed_stops_before_a_line_grows_out_of_hand() {
    let script = format!("s/a/{}/g;s/.*/{}/", "b".repeat(4_000), "&".repeat(4_000));
    let edited = Script::parse(&[script], false, false).unwrap().apply(&"a".repeat(250_000));
    assert!(edited.len() < 1 << 20, "{}", edited.len());
}
