"""Where the shop's pages are."""

from django.urls import path
from shop import views

urlpatterns = [
    path("", views.front),
    path("c/<path:slugs>/", views.category),
    path("p/<slug:slug>/", views.product),
    path("staff/customers/<int:number>/", views.customer),
]
