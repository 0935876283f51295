//! Everything that the simulator says exists in Microsoft's own schema, with a fitting type.

use std::path::Path;

use entra_sim::{Kind, cast, properties_of};

use crate::client::Client;
use crate::csdl::{SUBSET, Schema};
use crate::signer::Signer;

#[tokio::test]
async fn every_property_exists_with_a_fitting_type() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    for (kind, paths) in [
        (Kind::User, vec![format!("/users/{}", cast::ALICE), format!("/users/{}", cast::ERIN)]),
        (
            Kind::Group,
            [
                cast::FINANCE,
                cast::ALL_STAFF,
                cast::WAREHOUSE,
                cast::PRESS,
                cast::PROJECT_PHOENIX,
                cast::TIER_0_OPERATORS,
                cast::PAYROLL_VAULT,
            ]
            .map(|id| format!("/groups/{id}"))
            .to_vec(),
        ),
        (
            Kind::ServicePrincipal,
            vec![format!("/servicePrincipals/{}", cast::SERVICE_PRINCIPAL_ID)],
        ),
        (Kind::Device, vec![format!("/devices/{}", cast::LAPTOP)]),
        (Kind::OrgContact, vec![format!("/contacts/{}", cast::NINA)]),
        (
            Kind::AdministrativeUnit,
            vec![
                format!("/directoryObjects/{}", cast::RESTRICTED_UNIT),
                format!("/directory/administrativeUnits/{}", cast::UNIT_EMEA),
            ],
        ),
    ] {
        for path in paths {
            let got = client.get(&path).await;
            schema.check_object(kind.type_name(), &got.json);
            let names = properties_of(kind);
            let got = client.get(&format!("{path}?$select={}", names.join(","))).await;
            schema.check_object(kind.type_name(), &got.json);
            let absent: Vec<_> =
                names.iter().filter(|name| got.json.get(**name).is_none()).collect();
            assert!(absent.is_empty(), "{path} lacks {absent:?}: {}", got.text);
        }
    }
    let role = client.get(&format!("/users/{}/memberOf", cast::ALICE)).await;
    let role = role
        .values()
        .iter()
        .find(|value| value["@odata.type"] == "#microsoft.graph.directoryRole")
        .unwrap();
    schema.check_object("directoryRole", role);
    let organization = client.get("/organization").await;
    schema.check_object("organization", &organization.values()[0]);
    client.simulator.tenant().add_certificate(cast::CLIENT_ID, &Signer::new().certificate).unwrap();
    let application = client.get(&format!("/applications/{}", cast::APPLICATION_OBJECT_ID)).await;
    schema.check_object("application", &application.json);
}

/// The drift check: each element of the subset stands in the whole schema, word for word.
#[test]
fn the_subset_is_verbatim() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../../shared/data/microsoft-graph-v1.0.csdl.xml");
    let Ok(whole) = std::fs::read_to_string(&path) else {
        eprintln!("!!! DRIFT CHECK NOT RUN: {} is not there", path.display());
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI the drift check must run");
        return;
    };
    let mut checked = 0;
    let schema = Schema::read(SUBSET);
    for kind in ["EntityType", "ComplexType", "EnumType", "Action", "Function"] {
        for (start, open) in SUBSET.match_indices(&format!("      <{kind} Name=")) {
            let (close, element) = (format!("</{kind}>"), &SUBSET[start..]);
            let element = &element[..element.find(&close).expect(open) + close.len()];
            assert!(
                whole.contains(element),
                "differs from the whole schema: {}",
                element.lines().next().unwrap()
            );
            checked += 1;
        }
    }
    // Of entity sets and singletons only the names and the types are taken over.
    for kind in ["EntitySet", "Singleton"] {
        for (start, _) in SUBSET.match_indices(&format!("        <{kind} Name=")) {
            let line = SUBSET[start..].lines().next().unwrap().trim_end_matches(" />");
            assert!(whole.contains(line), "differs from the whole schema: {line}");
            checked += 1;
        }
    }
    let kept = schema.types.len() + schema.operations.len();
    assert_eq!(checked, kept + schema.sets.len() + schema.singletons.len());
    assert!(checked > 15, "{checked}");
}
