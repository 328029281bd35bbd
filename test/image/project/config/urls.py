from django.contrib import admin
from django.urls import path

from notes import views as notes
from papers import views as papers

urlpatterns = [
    path("", notes.index),
    path("me/", notes.me),
    path("request/", notes.seen),
    path("papers/", papers.upload),
    path("admin/", admin.site.urls),
]
