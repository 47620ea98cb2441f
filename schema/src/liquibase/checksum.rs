//! The checksum of a changeset (LQ-03).

use md5::{Digest, Md5};

use crate::liquibase::changeset::Change;

/// The version of the algorithm, which is written in front.
const VERSION: &str = "9:";

/// The checksum of a changeset: of the checksums of its changes, one behind the other. Blanks and line ends
/// in SQL do not matter; its comments do.
pub(super) fn checksum(changes: &[Change]) -> String {
    let all = changes.iter().map(|change| format!("{}:", of_change(change)));
    of_bytes(all.collect::<String>().as_bytes())
}

fn of_change(change: &Change) -> String {
    match change {
        Change::Sql(sql) => {
            let bytes = sql.text.bytes();
            let kept = bytes.filter(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
            of_bytes(&kept.collect::<Vec<u8>>())
        }
        Change::Tag(tag) => of_bytes(format!("tagDatabase:[\n    tag=\"{tag}\"\n]").as_bytes()),
        Change::Empty => of_bytes(b"empty:[]"),
    }
}

fn of_bytes(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{VERSION}{hexadecimal}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquibase::changeset::Sql;

    /// The expected values are those of Liquibase 4.28.
    #[test]
    fn checksums_are_those_of_liquibase_lq_03() {
        let sql = |text: &str| Change::Sql(Sql::new(text, 1));
        for (changes, expected) in [
            (vec![sql("SELECT 3;")], "9:25462d80f1add8537ee5f0ff49714fe5"),
            (vec![sql(" SELECT\t3 ;\r\n")], "9:25462d80f1add8537ee5f0ff49714fe5"),
            (vec![sql("-- keep\ttab\nSELECT   7   ;")], "9:d29f7fc45e2ddf453f50260dba2a6a82"),
            (
                vec![sql("ALTER TABLE orders ADD COLUMN c1 text DEFAULT 'é';")],
                "9:f45d845f194f2bbb6083ff40db132c3c",
            ),
            (vec![Change::Tag("v9".to_owned())], "9:f696797edaa7d75bb60099d242ceef36"),
            (Vec::new(), "9:d41d8cd98f00b204e9800998ecf8427e"),
        ] {
            assert_eq!(checksum(&changes), expected, "{changes:?}");
        }
    }
}
