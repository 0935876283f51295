
# The role, in one administrative unit only.
variable "administrative_unit" {
  type        = string
  description = "Object id of the administrative unit"
}

resource "azuread_directory_role" "groups_administrator" {
  display_name = "Groups Administrator"
}

resource "azuread_directory_role_assignment" "doorward" {
  role_id             = azuread_directory_role.groups_administrator.template_id
  principal_object_id = azuread_service_principal.doorward.object_id
  directory_scope_id  = "/administrativeUnits/${var.administrative_unit}"
}
