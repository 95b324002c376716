"""The one pass and the algebra: a survey and a measure give estimates."""
