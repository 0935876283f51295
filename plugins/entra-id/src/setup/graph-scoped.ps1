
# The role, in one administrative unit only.
Connect-MgGraph -NoWelcome -Scopes 'RoleManagement.ReadWrite.Directory'
$unit = 'OBJECT_ID_OF_THE_ADMINISTRATIVE_UNIT'
$groupsAdministrator = 'fdd7a751-b60b-444a-984c-02652fe8fa1c'
New-MgRoleManagementDirectoryRoleAssignment -PrincipalId $principal.Id -RoleDefinitionId $groupsAdministrator -DirectoryScopeId "/administrativeUnits/$unit" | Out-Null
