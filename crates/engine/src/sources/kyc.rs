//! A check of identity: flags that somebody else raised.
//!
//! ```json
//! {"identity_verified": true, "document_authentic": true, "document_expired": false, "sanction_hit": false}
//! ```
//!
//! Each flag is `true`, `false`, or absent where nobody checked. Other members are not read. Policy needs one word, and the
//! gravest flag gives it: a possible match with a sanctions list, then an identity that is not the applicant's or a forged
//! document, then whatever has still to be shown.

use super::read::{Place, Reader};
use super::{Fact, FormValue};

/// The input's name in every book that asks for it.
pub const NAME: &str = "identity_check";
/// The applicant is who they say.
pub const PASSED: &str = "passed";
/// The applicant is not, or the document is forged.
pub const FAILED: &str = "failed";
/// Nothing has been checked, or a valid document is still to be shown.
pub const NOT_DONE: &str = "not_done";
/// The name may stand on a sanctions list.
pub const SANCTION_HIT: &str = "sanction_hit";

/// The result for policy, and the flags behind it.
pub(super) fn facts(reader: &mut Reader, bytes: &[u8]) -> Vec<Fact> {
    let Some(members) = reader.document("kyc", bytes) else { return Vec::new() };
    let place = Place { members: &members, path: "kyc".to_owned() };
    let [verified, authentic, expired, hit] =
        ["identity_verified", "document_authentic", "document_expired", "sanction_hit"]
            .map(|flag| reader.flag(&place, flag));
    let (result, from) = if hit == Some(true) {
        (SANCTION_HIT, "sanction_hit is true: a person has to compare the records")
    } else if verified == Some(false) {
        (FAILED, "identity_verified is false")
    } else if authentic == Some(false) {
        (FAILED, "document_authentic is false")
    } else if expired == Some(true) {
        (NOT_DONE, "document_expired is true: a valid document is still to be shown")
    } else if verified.is_none() {
        (NOT_DONE, "identity_verified is not reported")
    } else if hit.is_none() {
        (NOT_DONE, "sanction_hit is not reported")
    } else {
        (PASSED, "identity_verified is true and no other flag speaks against it")
    };
    vec![Fact::new(NAME, FormValue::Text(result.to_owned()), "", from)]
}
