//! Generated tenants.

use std::time::Instant;

use entra_sim::{Kind, Size, Tenant, cast};

#[test]
fn the_cast_is_in_every_tenant() {
    for size in [Size::default(), Size { users: 500, groups: 100, seed: 1, ..Size::default() }] {
        let tenant = Tenant::generate(&size);
        for (kind, name, id) in [
            (Kind::User, "Alice Archer", cast::ALICE),
            (Kind::Group, "Finance", cast::FINANCE),
            (Kind::Group, "Payroll Vault", cast::PAYROLL_VAULT),
            (Kind::ServicePrincipal, "Doorward", cast::SERVICE_PRINCIPAL_ID),
        ] {
            assert!(tenant.find(kind, name).contains(&id.to_owned()), "{name}");
        }
        let mut expect = vec![cast::BOB, cast::CAROL, cast::FINANCE_LEADS];
        expect.sort_unstable();
        assert_eq!(tenant.members(cast::FINANCE), expect);
    }
    for secret in [cast::SECRET, cast::EXPIRED_SECRET, cast::SCOPED_SECRET] {
        assert_eq!(secret.len(), 40);
    }
}

#[test]
fn the_administrators_of_the_cast_are_in_every_tenant() {
    for size in [Size::default(), Size { users: 3_000, groups: 600, seed: 3, ..Size::default() }] {
        let tenant = Tenant::generate(&size);
        let held = tenant.role_assignments();
        let holders = |role: &str, scope: &str| {
            let fits = held.iter().filter(|one| one.role == role && one.scope == scope);
            let mut ids: Vec<&str> = fits.map(|one| one.principal.as_str()).collect();
            ids.sort_unstable();
            ids
        };
        let mut expect = vec![cast::ALICE, cast::GRACE, cast::BREAK_GLASS];
        expect.sort_unstable();
        assert_eq!(holders(cast::GLOBAL_ADMINISTRATOR, "/"), expect);
        let emea = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
        assert_eq!(holders(cast::GROUPS_ADMINISTRATOR, &emea), [cast::SCOPED_SERVICE_PRINCIPAL]);
        assert!(tenant.members(cast::UNIT_EMEA).contains(&cast::EMEA_SALES.to_owned()));
        assert!(!tenant.member_of(cast::APAC_SALES).contains(&cast::UNIT_EMEA.to_owned()));
        assert!(tenant.deleted(Kind::User).len() > size.users / 200);
    }
}

#[test]
fn the_same_seed_gives_the_same_tenant_and_another_another() {
    let size = Size { users: 400, groups: 120, seed: 5, ..Size::default() };
    let one = Tenant::generate(&size).dump();
    assert_eq!(one, Tenant::generate(&size).dump());
    assert_ne!(one, Tenant::generate(&Size { seed: 6, ..size }).dump());
}

#[test]
fn sizes_are_heavy_tailed_and_nesting_has_a_circle() {
    let tenant =
        Tenant::generate(&Size { users: 5_000, groups: 1_000, seed: 2, ..Size::default() });
    let mut sizes: Vec<usize> =
        tenant.ids(Kind::Group).iter().map(|id| tenant.members(id).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes[0], 0);
    assert!(sizes[sizes.len() / 2] < 20, "median {}", sizes[sizes.len() / 2]);
    assert!(sizes[sizes.len() - 2] > 500, "largest {}", sizes[sizes.len() - 2]);
    let generated = |id: &String| !id.starts_with("6000");
    let circles = tenant
        .ids(Kind::Group)
        .iter()
        .filter(|id| generated(id) && tenant.transitive_members(id).contains(id))
        .count();
    assert!(circles >= 2, "{circles}");
}

#[test]
fn there_are_as_many_memberships_as_asked_for() {
    let size = Size { users: 1_000, groups: 200, seed: 2, ..Size::default() };
    let memberships = |memberships| {
        let tenant = Tenant::generate(&Size { memberships, ..size });
        let ids = tenant.ids(Kind::Group);
        ids.iter().map(|id| tenant.members(id).len()).sum::<usize>()
    };
    let usual = memberships(0);
    assert_eq!(memberships(1), usual, "never fewer than come by themselves");
    for more in [2, 7, 20] {
        let wanted = more * usual;
        let many = memberships(wanted);
        assert!((wanted..wanted * 5 / 4).contains(&many), "{usual} {wanted} {many}");
    }
    let most = memberships(usize::try_from(u32::MAX).unwrap());
    assert!(most < 1_100 * 200, "no group has more than there are users: {most}");
}

#[test]
fn half_a_million_users_take_seconds() {
    let started = Instant::now();
    let tenant =
        Tenant::generate(&Size { users: 500_000, groups: 20_000, seed: 1, ..Size::default() });
    eprintln!("500,000 users and 20,000 groups in {:?}", started.elapsed());
    assert!(tenant.find(Kind::User, "Alice Archer").contains(&cast::ALICE.to_owned()));
    assert!(started.elapsed().as_secs() < 60);
}
