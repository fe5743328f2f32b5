//! Without faults and without network time a site is its formula, through `Sim`, whatever its rates and sizes.

use ha_benches::theory::cases;

#[test]
fn a_site_is_its_formula() {
    for case in cases() {
        let found = case.found(8, 12_000.0).unwrap_or_else(|problems| panic!("{problems}"));
        let (mean, p99) = found.off(&case);
        // Five standard errors of eight seeds are as unlikely as four of many.
        assert!(mean.abs() < 5.0, "{}: {found:?}, theory {}: {mean:.1} standard errors", case.name, case.mean);
        assert!(p99.is_none_or(|off| off.abs() < 5.0), "{}: {found:?}, theory {:?}", case.name, case.p99);
    }
}
