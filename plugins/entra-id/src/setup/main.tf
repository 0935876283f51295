# Registers the application and grants it the permissions below.
# The connection JSON: terraform output -raw connection > entra-id.json
# The secret is in Terraform's state: protect that as you protect the secret.
terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
  }
}

locals {
  permissions = toset(split(" ", "{permissions}"))
}

data "azuread_client_config" "current" {}

data "azuread_service_principal" "graph" {
  client_id = "00000003-0000-0000-c000-000000000000" # Microsoft Graph
}

resource "azuread_application" "doorward" {
  display_name     = "Doorward"
  sign_in_audience = "AzureADMyOrg"

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id

    dynamic "resource_access" {
      for_each = local.permissions
      content {
        id   = data.azuread_service_principal.graph.app_role_ids[resource_access.value]
        type = "Role"
      }
    }
  }
}

resource "azuread_service_principal" "doorward" {
  client_id = azuread_application.doorward.client_id
}

# Admin consent.
resource "azuread_app_role_assignment" "doorward" {
  for_each            = local.permissions
  app_role_id         = data.azuread_service_principal.graph.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.doorward.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

resource "azuread_application_password" "doorward" {
  application_id = azuread_application.doorward.id
  display_name   = "Doorward"
}

output "connection" {
  sensitive = true
  value = jsonencode({
    client_id = azuread_application.doorward.client_id
    secret    = azuread_application_password.doorward.value
    tenant    = data.azuread_client_config.current.tenant_id
  })
}
