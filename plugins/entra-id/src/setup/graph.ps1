# Registers the application, grants it the permissions below, and writes the connection JSON.
# Needs: Install-Module Microsoft.Graph   (and a Privileged Role Administrator or Global Administrator)
$ErrorActionPreference = 'Stop'
Connect-MgGraph -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'

$name = 'Doorward'
$permissions = '{permissions}' -split ' '

if (Get-MgApplication -Filter "displayName eq '$name'") {
    throw "There is an application named $name already. Choose another name above, or remove it first."
}
$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
$roles = @(foreach ($permission in $permissions) {
    $role = $graph.AppRoles | Where-Object { $_.Value -eq $permission }
    if (-not $role) { throw "Microsoft Graph has no application permission $permission." }
    $role
})
$access = @{
    ResourceAppId  = $graph.AppId
    ResourceAccess = @($roles | ForEach-Object { @{ Id = $_.Id; Type = 'Role' } })
}
$application = New-MgApplication -DisplayName $name -SignInAudience 'AzureADMyOrg' -RequiredResourceAccess @($access)
$principal = New-MgServicePrincipal -AppId $application.AppId

$credential = @{ DisplayName = $name; EndDateTime = (Get-Date).AddYears(1) }
$secret = Add-MgApplicationPassword -ApplicationId $application.Id -PasswordCredential $credential
$connection = [ordered]@{ client_id = $application.AppId; secret = $secret.SecretText; tenant = (Get-MgContext).TenantId }
# Keep it where only you can read it, such as below your home directory.
$connection | ConvertTo-Json | Set-Content -Path entra-id.json
Write-Host 'Wrote entra-id.json.'

Start-Sleep -Seconds 30 # a new application is not known everywhere at once
foreach ($role in $roles) {
    # This is what admin consent does.
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -PrincipalId $principal.Id -ResourceId $graph.Id -AppRoleId $role.Id | Out-Null
}
