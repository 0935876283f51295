"""msgraph-sdk: lists page by page, members, adding and removing one, what is said of a second time."""

import asyncio
import os

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator
from settings import CLIENT, HOST, SECRET, TENANT, report

GROUP = os.environ["SIM_GROUP"]
MEMBER = os.environ["SIM_MEMBER"]


async def all_of(builder, options):
    """Every item by the library's own iterator, which follows the links."""
    found = []
    first = await builder.get(request_configuration=RequestConfiguration(query_parameters=options))
    pages = PageIterator(first, builder.request_adapter)
    await pages.iterate(lambda item: found.append(item) or True)
    return found


async def refusal(call):
    try:
        await call
    except ODataError as error:
        return [error.response_status_code, error.error.code, error.error.message]
    return None


async def main():
    authority = {"authority": HOST, "disable_instance_discovery": True} if HOST else {}
    async with ClientSecretCredential(TENANT, CLIENT, SECRET, **authority) as credential:
        graph = GraphServiceClient(credential)
        if HOST:
            graph.request_adapter.base_url = f"{HOST}/v1.0"
        group = graph.groups.by_group_id(GROUP)
        member = group.members.by_directory_object_id(MEMBER)
        root = graph.request_adapter.base_url
        reference = ReferenceCreate(odata_id=f"{root}/directoryObjects/{MEMBER}")

        users = await all_of(
            graph.users,
            UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
                top=50, select=["id", "displayName"]
            ),
        )
        groups = await all_of(
            graph.groups,
            GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
                filter="displayName eq 'Finance'"
            ),
        )

        async def members():
            page = await group.members.get()
            return sorted(item.id for item in page.value)

        before = await members()
        await group.members.ref.post(reference)
        during = await members()
        twice = await refusal(group.members.ref.post(reference))
        await member.ref.delete()
        after = await members()
        gone = await refusal(member.ref.delete())
        application = await graph.applications_with_app_id(CLIENT).get()
        report(
            users=len({user.id for user in users}),
            first=users[0].display_name,
            groups=[one.id for one in groups],
            added=sorted(set(during) - set(before)),
            restored=before == after,
            twice=twice,
            gone=gone,
            keys=[key.type for key in application.key_credentials],
        )


asyncio.run(main())
