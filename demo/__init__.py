"""A small, real RAG pipeline over real documentation: a user's application, which knows Stagelight only by its URL."""
