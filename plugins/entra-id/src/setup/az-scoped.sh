
# The role, in one administrative unit only.
read -r -p "Object id of the administrative unit: " unit
groups_administrator=fdd7a751-b60b-444a-984c-02652fe8fa1c
az rest --method post --url https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments --output none \
  --headers Content-Type=application/json \
  --body "{\"principalId\": \"$principal_id\", \"roleDefinitionId\": \"$groups_administrator\", \"directoryScopeId\": \"/administrativeUnits/$unit\"}"
