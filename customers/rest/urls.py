"""The paths of customers below /v1 and /v1/admin."""

from __future__ import annotations

from django.urls import path

from customers.rest.administration import CustomerCollection, CustomerDetail, MessageCollection
from customers.rest.auth import Login, Logout, LogoutEverywhere, Refresh, Registration
from customers.rest.keys import KeySet
from customers.rest.profile import Profile
from shared_kernel.http.converters import id_converter

id_converter("cus")

urlpatterns = [
    path("auth/register", Registration.as_view()),
    path("auth/login", Login.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("auth/logout-all", LogoutEverywhere.as_view()),
    path("me", Profile.as_view()),
    path(".well-known/jwks.json", KeySet.as_view()),
]

admin_urlpatterns = [
    path("customers", CustomerCollection.as_view()),
    path("customers/<cus:customer_id>", CustomerDetail.as_view()),
    path("messages", MessageCollection.as_view()),
]
