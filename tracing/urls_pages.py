"""The paths of the pages."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from tracing.views import (
    accounts,
    beside,
    corpus,
    export,
    home,
    ingest,
    jobs,
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
    waiting,
)

P = "p/<slug:slug>/"
T = P + "traces/<str:trace_id>"


def without_slash(route: str, name: str) -> URLPattern:
    """The address that was typed with a slash at its end leads to the one without."""
    return path(route + "/", RedirectView.as_view(pattern_name=f"tracing:{name}", query_string=True))


urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("stages.css", home.stages_css, name="stages_css"),
    path("favicon.ico", home.favicon, name="favicon"),
    path("theme", home.theme, name="theme"),
    path("t/<str:trace_id>", home.permalink, name="permalink"),
    without_slash("t/<str:trace_id>", "permalink"),
    path("accounts/logout/", accounts.sign_out, name="sign_out"),
    path("accounts/password/", accounts.password, name="password"),
    path("accounts/once/<str:token>/", accounts.once, name="once"),
    path(P, home.project, name="project"),
    path(P + "start/", start.start, name="start"),
    path(P + "start/arrival", start.arrival, name="arrival"),
    path(P + "ingest/", ingest.ingest, name="ingest"),
    path(P + "corpus/", corpus.corpus, name="corpus"),
    path(P + "corpus/look", corpus.look_again, name="look_at_corpus"),
    path(P + "jobs/", jobs.jobs, name="jobs"),
    path(P + "jobs/ask", jobs.ask_job, name="ask_job"),
    path(P + "jobs/<int:number>/cancel", jobs.cancel_job, name="cancel_job"),
    path(P + "jobs/<int:number>/resume", jobs.resume_job, name="resume_job"),
    path(P + "traces", listing.traces, name="traces"),
    without_slash(P + "traces", "traces"),
    path(P + "traces-count", listing.count, name="count"),
    path(P + "traces-export/<str:format>", export.export, name="export"),
    path(P + "traces-facets", listing.facets, name="facets"),
    path(P + "traces-newer", listing.newer, name="newer"),
    path(P + "views/save", saved.save_view, name="save_view"),
    path(P + "views/restore", saved.restore_view, name="restore_view"),
    path(P + "views/<int:number>/delete", saved.delete_view, name="delete_view"),
    path(T, trace.trace, name="trace"),
    without_slash(T, "trace"),
    path(T + "/next", beside.next_trace, name="next_trace"),
    path(T + "/previous", beside.previous_trace, name="previous_trace"),
    path(T + "/judged", waiting.judged, name="judged"),
    path(T + "/arrived", waiting.arrived, name="arrived"),
    path(T + "/verdict", verdicts.say_verdict, name="say_verdict"),
    path(T + "/verdict/undo", verdicts.take_back_verdict, name="take_back_verdict"),
    path(T + "/peek", trace.peek, name="peek"),
    path(T + "/chunk", texts.chunk, name="chunk"),
    path(T + "/journey.csv", texts.journey_csv, name="journey_csv"),
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
    path(P + "settings/members/<int:number>/link", members.new_link, name="new_link"),
]
