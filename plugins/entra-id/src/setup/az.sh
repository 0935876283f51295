#!/usr/bin/env bash
# Registers the application, grants it the permissions below, and writes the connection JSON.
# Sign in first: az login --tenant TENANT   (Privileged Role Administrator or Global Administrator)
set -euo pipefail

name=Doorward
graph=00000003-0000-0000-c000-000000000000 # Microsoft Graph
permissions="{permissions}"

if [ -n "$(az ad app list --display-name "$name" --query "[?displayName=='$name'].appId" --output tsv)" ]; then
  echo "There is an application named $name already. Choose another name above, or remove it first." >&2
  exit 1
fi
tenant=$(az account show --query tenantId --output tsv)
client_id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv)
principal_id=$(az ad sp create --id "$client_id" --query id --output tsv)
for permission in $permissions; do
  # By name, so that a reader sees what is granted.
  id=$(az ad sp show --id "$graph" --query "appRoles[?value=='$permission'].id" --output tsv)
  az ad app permission add --id "$client_id" --api "$graph" --api-permissions "$id=Role" --output none
done

umask 077
secret=$(az ad app credential reset --id "$client_id" --append --display-name "$name" --years 1 --query password --output tsv)
printf '{"client_id": "%s", "secret": "%s", "tenant": "%s"}\n' "$client_id" "$secret" "$tenant" > entra-id.json
echo "Wrote entra-id.json."

sleep 30 # a new application is not known everywhere at once
az ad app permission admin-consent --id "$client_id" || {
  echo "Consent was not granted. An administrator can grant it under API permissions of the application, or here:"
  echo "https://login.microsoftonline.com/$tenant/adminconsent?client_id=$client_id"
}
