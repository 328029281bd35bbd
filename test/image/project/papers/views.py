from django import forms
from django.shortcuts import redirect, render

from .models import Paper


class PaperForm(forms.ModelForm):
    class Meta:
        model = Paper
        fields = ["file"]


def upload(request):
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save().file.url)
    return render(request, "papers/upload.html", {"form": form, "papers": Paper.objects.all()})
