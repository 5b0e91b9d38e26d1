"""The paths of the pages."""

from django.urls import URLPattern, path

from tracing.views import (
    accounts,
    corpus,
    home,
    ingest,
    keys,
    listing,
    members,
    saved,
    settings,
    spans,
    start,
    texts,
    trace,
    verdicts,
)

P = "p/<slug:slug>/"
T = P + "traces/<str:trace_id>"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("stages.css", home.stages_css, name="stages_css"),
    path("theme", home.theme, name="theme"),
    path("t/<str:trace_id>", home.permalink, name="permalink"),
    path("accounts/once/<str:token>/", accounts.once, name="once"),
    path(P, home.project, name="project"),
    path(P + "start/", start.start, name="start"),
    path(P + "start/arrival", start.arrival, name="arrival"),
    path(P + "ingest/", ingest.ingest, name="ingest"),
    path(P + "corpus/", corpus.corpus, name="corpus"),
    path(P + "traces", listing.traces, name="traces"),
    path(P + "traces-count", listing.count, name="count"),
    path(P + "traces-facets", listing.facets, name="facets"),
    path(P + "traces-newer", listing.newer, name="newer"),
    path(P + "views/save", saved.save_view, name="save_view"),
    path(P + "views/<int:number>/delete", saved.delete_view, name="delete_view"),
    path(T, trace.trace, name="trace"),
    path(T + "/verdict", verdicts.say_verdict, name="say_verdict"),
    path(T + "/peek", trace.peek, name="peek"),
    path(T + "/chunk", texts.chunk, name="chunk"),
    path(T + "/spans", spans.spans, name="spans"),
    path(T + "/spans/<str:span_id>", spans.span, name="span"),
    path(T + "/spans/<str:span_id>/attribute", spans.attribute, name="attribute"),
    path(T + "/text/<str:part>", texts.text, name="text"),
    path(T + "/json", texts.raw_json, name="raw_json"),
    path(T + "/replay", texts.replay, name="replay"),
    path(P + "settings/", settings.project_settings, name="settings"),
    path(P + "settings/save", settings.save_project, name="save_project"),
    path(P + "settings/keys/", keys.keys, name="keys"),
    path(P + "settings/keys/create", keys.create_key, name="create_key"),
    path(P + "settings/keys/<int:number>/revoke", keys.revoke_key, name="revoke_key"),
    path(P + "settings/keys/<int:number>/restore", keys.restore_key, name="restore_key"),
    path(P + "settings/members/", members.members, name="members"),
    path(P + "settings/members/add", members.add_member, name="add_member"),
    path(P + "settings/members/<int:number>", members.change_member, name="change_member"),
]
