
# The role, in one administrative unit only.
Connect-MgGraph -NoWelcome -Scopes 'RoleManagement.ReadWrite.Directory'
$unit = Read-Host 'Object id of the administrative unit'
$groupsAdministrator = 'fdd7a751-b60b-444a-984c-02652fe8fa1c'
New-MgRoleManagementDirectoryRoleAssignment -PrincipalId $principal.Id -RoleDefinitionId $groupsAdministrator -DirectoryScopeId "/administrativeUnits/$unit" | Out-Null
